import Orchestration
import Testing
import TimeAndChance

@Suite struct ResourceQuantityTests {
  /// Rows of upstream's `TestQuantityParse`: text, billionths, format.
  @Test(arguments: [
    ("0", "0", ResourceQuantity.Format.decimalSI), ("0Ki", "0", .binarySI),
    ("1Ki", "1024000000000", .binarySI), ("7Mi", "7340032000000000", .binarySI),
    ("3Ei", "3458764513820540928000000000", .binarySI), ("5n", "5", .decimalSI),
    ("4u", "4000", .decimalSI), ("3m", "3000000", .decimalSI),
    ("50k", "50000000000000", .decimalSI),
    ("1E", "1000000000000000000000000000", .decimalSI),
    ("12E", "12000000000000000000000000000", .decimalSI), ("1E-3", "1000000", .decimalExponent),
    ("1.3E+6", "1300000000000000", .decimalExponent), ("0.5e-2", "5000000", .decimalExponent),
    ("100.035k", "100035000000000", .decimalSI), ("0.00050k", "500000000", .decimalSI),
    ("3.001n", "4", .decimalSI), ("1.1E-9", "2", .decimalExponent), ("0.9n", "1", .decimalSI),
    ("0.0000000005", "1", .decimalSI), ("0.00000012345", "124", .decimalSI),
    ("1e-400000", "1", .decimalExponent),
    ("9Ei", "9223372036854775807000000000", .binarySI),
    ("9223372036854775807Ki", "9223372036854775807000000000", .binarySI),
    ("99999999999999999999999999999999999999999999Ei", "9223372036854775807000000000", .binarySI),
    ("100.035Ki", "102435840000000", .binarySI), ("0.05Gi", "53687091200000000", .binarySI),
    ("0.000000000001Ki", "2", .decimalSI), (".001", "1000000", .decimalSI),
    ("1.", "1000000000", .decimalSI), ("1.G", "1000000000000000000", .decimalSI),
    (".", "0", .decimalSI), ("00012", "12000000000", .decimalSI),
  ])
  func `reads what Kubernetes reads, with either sign`(
    text: String, nano: String, format: ResourceQuantity.Format
  ) throws {
    let wanted = try #require(Int128(nano))
    for (sign, factor) in [("", Int128(1)), ("+", 1), ("-", -1)] {
      let quantity = try ResourceQuantity(parsing: sign + text)
      #expect(quantity.nanoUnits == factor * wanted)
      #expect(quantity.format == format)
    }
  }

  @Test(arguments: [
    ("", QuantityError.wrongFormat), (" 1", .wrongFormat), ("1 ", .wrongFormat),
    ("1.1.M", .wrongFormat), ("1+1.0M", .wrongFormat), ("0.1mi", .unknownSuffix),
    ("0.1am", .wrongFormat), ("aoeu", .wrongFormat), (".5i", .unknownSuffix),
    ("1K", .unknownSuffix), ("1e", .unknownSuffix), ("-3.01e-", .unknownSuffix),
    ("1e4294967297", .unknownSuffix), ("1e2147483647", .tooLarge), ("1e30", .tooLarge),
  ])
  func `refuses what is no quantity`(text: String, error: QuantityError) {
    #expect(throws: error) { try ResourceQuantity(parsing: text) }
  }

  @Test(arguments: [
    ("1.5", "1500m"), ("1.5Gi", "1536Mi"), ("1000m", "1"), ("1024Mi", "1Gi"), ("2200m", "2200m"),
    ("0.1", "100m"), ("1000", "1k"), ("1234567", "1234567"), ("100Mi", "100Mi"),
    ("0Gi", "0"), ("0.5Ki", "512"), ("1023", "1023"), ("1e3", "1e3"), ("12e4", "120e3"),
    ("100e-3", "100e-3"), ("0.5e1", "5"), ("1100.5Mi", "1126912Ki"), ("-1.5Gi", "-1536Mi"),
    ("1000E", "1e21"), ("100.035Ki", "102435840m"), ("52Gi", "52Gi"),
  ])
  func `prints the canonical form`(text: String, canonical: String) throws {
    #expect(try "\(ResourceQuantity(parsing: text))" == canonical)
  }

  @Test func `what is printed reads back as the same amount and prints the same again`() throws {
    let formats: [ResourceQuantity.Format] = [.decimalSI, .decimalExponent, .binarySI]
    for seed in UInt64(0)..<3_000 {
      var random = RandomStream(seed: seed, name: "quantity")
      let format = formats[Int(random.below(3))]
      var nano = Int128(random.next() >> (random.next() % 64))
      for _ in 0..<random.below(10) { nano *= 10 }
      if format == .binarySI {
        // Binary amounts stop at 2^63 - 1 when they are read.
        nano = min(nano, Int128(Int64.max) * 1_000_000_000)
      }
      if random.next() % 2 == 0 { nano = -nano }
      let quantity = ResourceQuantity(nanoUnits: nano, format: format)
      let text = "\(quantity)"
      let read = try ResourceQuantity(parsing: text)
      #expect(read == quantity, "seed \(seed): \(text)")
      #expect("\(read)" == text, "seed \(seed)")
    }
  }

  @Test func `no text can break the reader, and what it reads prints as something it reads`() {
    let alphabet = Array("0123456789..+-eEinumkKMGTP %")
    for seed in UInt64(0)..<4_000 {
      var random = RandomStream(seed: seed, name: "text")
      let text = String((0..<random.below(12)).map { _ in alphabet[Int(random.below(28))] })
      guard let quantity = try? ResourceQuantity(parsing: text) else { continue }
      let again = try? ResourceQuantity(parsing: "\(quantity)")
      #expect(again == quantity, "'\(text)' printed as \(quantity)")
    }
    let long = String(repeating: "9", count: 4000)
    #expect(throws: QuantityError.tooLarge) { try ResourceQuantity(parsing: long) }
    #expect(throws: QuantityError.wrongFormat) { try ResourceQuantity(parsing: long + long) }
    #expect((try? ResourceQuantity(parsing: "0." + long)) == ResourceQuantity(1))
  }

  @Test func `a zero takes over the other's format`() throws {
    let memory = try ResourceQuantity(parsing: "1Gi")
    #expect("\(ResourceQuantity.zero + memory)" == "1Gi")
    #expect("\(memory + .zero)" == "1Gi")
    #expect("\(ResourceQuantity.zero - memory)" == "-1Gi")
  }

  @Test func `whole units and thousandths round away from zero`() throws {
    let amount = try ResourceQuantity(parsing: "1500001u")
    #expect(amount.milliValue == 1501)
    #expect(amount.value == 2)
    #expect((ResourceQuantity.zero - amount).milliValue == -1501)
    #expect(try ResourceQuantity(parsing: "12E").value == .max)
  }

  @Test func `sums stop at the largest amount`() {
    let largest = ResourceQuantity(nanoUnits: ResourceQuantity.largestNanoUnits)
    #expect(largest + largest == largest)
  }
}

@Suite struct IntOrPercentTests {
  @Test(arguments: [(25, 10, 2, 3), (39, 10, 3, 4), (0, 7, 0, 0), (100, 7, 7, 7), (-5, 10, -1, 0)])
  func `rounds a share up or down`(percent: Int, total: Int, down: Int, up: Int) {
    #expect(IntOrPercent.percent(percent).scaled(to: total, roundingUp: false) == down)
    #expect(IntOrPercent.percent(percent).scaled(to: total, roundingUp: true) == up)
  }

  @Test(arguments: ["oops", "3", "1.5%", "%", "", "9999999999%"])
  func `refuses texts that are no percentage`(text: String) {
    #expect(throws: IntOrPercent.InvalidValue(text: text)) { try IntOrPercent(parsing: text) }
  }

  @Test func `prints as written`() throws {
    #expect(try "\(IntOrPercent(parsing: "25%"))" == "25%")
    #expect("\(IntOrPercent.int(3))" == "3")
  }
}
