import Results
import Scenario

extension HTMLReport {
  /// What nobody stated, which proxy runs which policy, and what was not modelled.
  func assumptions(_ out: inout HTMLText) {
    let provenance = result.run.provenance
    let unmodelled = provenance.fields.filter { $0.handling == .unmodelled }
    let unknown = provenance.fields.filter { $0.handling == .unknown }
    let skipped = provenance.documents.filter { !$0.isRead }
    guard
      !provenance.filledDefaults.isEmpty || !provenance.policyPlacements.isEmpty
        || !unmodelled.isEmpty || !unknown.isEmpty || !skipped.isEmpty
    else { return }
    out.raw("<section><h2>Assumptions</h2><div class=\"card words\">")
    if !unmodelled.isEmpty {
      out.element(
        "p", "These fields would change behaviour and are not modelled:",
        attributes: "class=\"doubt\"")
      fields(unmodelled, &out)
    }
    if !unknown.isEmpty {
      out.element("p", "These fields are not known:", attributes: "class=\"doubt\"")
      fields(unknown, &out)
    }
    if !provenance.filledDefaults.isEmpty {
      let count = provenance.filledDefaults.count
      out.raw("<details\(count <= 12 ? " open" : "")><summary>")
      out.text("Defaults filled in (\(count))")
      out.raw("</summary>")
      out.table(
        ["of", "field", "value", "whose default"],
        provenance.filledDefaults.map { [$0.subject, $0.field, $0.value, $0.origin] })
      out.raw("</details>")
    }
    if !provenance.policyPlacements.isEmpty {
      out.raw("<details><summary>Which proxy runs which policy</summary>")
      out.table(
        ["manifest", "proxies"],
        provenance.policyPlacements.map {
          [$0.manifest, $0.proxies.isEmpty ? "nobody" : $0.proxies.joined(separator: ", ")]
        })
      out.raw("</details>")
    }
    if !provenance.documents.isEmpty {
      out.raw("<details><summary>Documents read and skipped</summary>")
      out.table(
        ["kind", "documents", ""],
        provenance.documents.map { [$0.kind, "\($0.count)", $0.isRead ? "read" : "skipped"] })
      out.raw("</details>")
    }
    out.raw("</div></section>\n")
  }

  private func fields(_ fields: [ManifestField], _ out: inout HTMLText) {
    out.table(["kind", "field", "times"], fields.map { [$0.kind, $0.path, "\($0.count)"] })
  }

  /// How to get the same result again.
  func repetition(_ out: inout HTMLText) {
    out.raw("<section><h2>Repeat this run</h2><div class=\"card words\">")
    out.element("pre", RepeatCommand.line(result))
    out.element(
      "p",
      "The same files, seed and version give the same bytes on any machine.",
      attributes: "class=\"soft small\"")
    if !result.run.provenance.inputs.isEmpty {
      out.raw("<details><summary>Inputs</summary>")
      out.table(
        ["file", "SHA-256"], result.run.provenance.inputs.map { [$0.path, $0.sha256] })
      out.raw("</details>")
    }
    out.raw("</div></section>\n")
  }
}
