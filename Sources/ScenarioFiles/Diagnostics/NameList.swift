/// Names as messages list them, so that one, two and many read alike.
enum NameList {
  /// So many names are listed; further ones are counted.
  private static let most = 12

  /// What there is, as the help of a name that is not known; nil when there is nothing.
  ///
  /// `there is only 'shop'`, `there are 'cart' and 'shop'`, `there are 'cart', 'shop' and 'stock'`.
  static func known(_ names: [String]) -> String? {
    switch names.count {
    case 0: nil
    case 1: "there is only \(names[0].quoted)"
    default: "there are \(joined(names.map(\.quoted), by: "and"))"
    }
  }

  /// A choice: `'a'`, `'a' or 'b'`, `'a', 'b' or 'c'`.
  static func choice(_ names: [String]) -> String { joined(names.map(\.quoted), by: "or") }

  /// What something has: `its only port is 80`, `its ports are 80 and 443`; nil for no items.
  static func possession(_ noun: String, _ items: [String], owner: String = "its") -> String? {
    switch items.count {
    case 0: nil
    case 1: "\(owner) only \(noun) is \(items[0])"
    default: "\(owner) \(noun)s are \(joined(items, by: "and"))"
    }
  }

  /// Items with commas, and a word before the last; of many the first and how many more.
  static func joined(_ items: [String], by word: String) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    if items.count > most + 1 {
      return items.prefix(most).joined(separator: ", ") + " \(word) \(items.count - most) more"
    }
    return items.dropLast().joined(separator: ", ") + " \(word) \(last)"
  }
}
