/// HTML under construction; whatever comes from users goes through ``text(_:)``.
struct HTMLText {
  private(set) var html = ""

  /// Adds markup of ours.
  mutating func raw(_ markup: String) { html += markup }

  /// Adds text, escaped.
  mutating func text(_ text: String) { html += HTMLText.escaped(text) }

  /// Adds an element with text only.
  mutating func element(_ tag: String, _ text: String, attributes: String = "") {
    let space = attributes.isEmpty ? "" : " "
    html += "<\(tag)\(space)\(attributes)>\(HTMLText.escaped(text))</\(tag)>"
  }

  /// Adds a table with a header row; the first column is a row header, the others are numbers.
  mutating func table(_ columns: [String], _ rows: [[String]], caption: String = "") {
    raw("<div class=\"scroll\"><table>")
    if !caption.isEmpty { element("caption", caption) }
    raw("<thead><tr>")
    for column in columns { element("th", column, attributes: "scope=\"col\"") }
    raw("</tr></thead><tbody>")
    for row in rows {
      raw("<tr>")
      for (index, cell) in row.enumerated() {
        if index == 0 {
          let isPart = cell.first == " "
          element("th", cell, attributes: "scope=\"row\"" + (isPart ? " class=\"part\"" : ""))
        } else {
          element("td", cell)
        }
      }
      raw("</tr>")
    }
    raw("</tbody></table></div>\n")
  }

  /// Text as content or attribute value: no markup, no control characters, no turned writing.
  static func escaped(_ text: String) -> String {
    let line = DisplayText.oneLine(text)
    if !line.utf8.contains(where: { "&<>\"'".utf8.contains($0) }) { return line }
    var result = ""
    for scalar in line.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
