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
    default: "there are \(joined(names, by: "and", isQuoted: true))"
    }
  }

  /// A choice: `'a'`, `'a' or 'b'`, `'a', 'b' or 'c'`.
  static func choice(_ names: [String]) -> String { joined(names, by: "or", isQuoted: true) }

  /// What something has: `its only port is 80`, `its ports are 80 and 443`; nil for no items.
  static func possession(
    _ noun: String, _ items: [String], owner: String = "its", isQuoted: Bool = false
  ) -> String? {
    let list = joined(items, by: "and", isQuoted: isQuoted)
    return switch items.count {
    case 0: nil
    case 1: "\(owner) only \(noun) is \(list)"
    default: "\(owner) \(noun)s are \(list)"
    }
  }

  /// Items with commas, and a word before the last; of many the first and how many more.
  static func joined(_ items: [String], by word: String, isQuoted: Bool = false) -> String {
    let shown = items.prefix(items.count > most + 1 ? most : items.count)
      .map { isQuoted ? $0.quoted : $0 }
    guard let last = shown.last, items.count > 1 else { return shown.first ?? "" }
    if items.count > shown.count {
      return shown.joined(separator: ", ") + " \(word) \(items.count - shown.count) more"
    }
    return shown.dropLast().joined(separator: ", ") + " \(word) \(last)"
  }
}
