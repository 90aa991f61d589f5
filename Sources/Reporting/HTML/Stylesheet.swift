/// The report's style sheet; everything must read well without it, too.
enum Stylesheet {
  /// The whole sheet.
  static var css: String {
    base + "@media screen and (prefers-color-scheme: dark){" + dark + darkInks + "}" + print
  }

  private static let base = """
    :root{color-scheme:light dark;--ground:#f4f6f8;--card:#fff;--text:#17202b;--soft:#55606e;\
    --line:#dde2e8;--good:#0f766e;--bad:#c2262e;--doubt:#92510a;--accent:#1d5fc2;\
    --goodbg:#e3f4f1;--badbg:#fdeaea;--doubtbg:#fdf1de;--shade:#17202b2e}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--text);\
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;\
    font-variant-numeric:tabular-nums}
    main,header{max-width:1200px;margin:0 auto;padding:0 20px}
    header{padding-top:28px}
    h1{font-size:30px;line-height:1.15;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
    h2{font-size:21px;margin:40px 0 12px;letter-spacing:-.005em}
    h3{font-size:18px;margin:0;overflow-wrap:anywhere}
    h4{font-size:14px;margin:0 0 2px;font-weight:600}
    p{margin:6px 0;max-width:75ch;overflow-wrap:anywhere}
    .soft{color:var(--soft)} .small{font-size:14px}
    .verdict{display:flex;align-items:center;gap:16px;margin:20px 0 8px;padding:16px 20px;\
    border-radius:12px;border:1px solid}
    .verdict b{font-size:24px;line-height:1.2} .verdict .mark{font-size:34px;line-height:1}
    .verdict>div{min-width:0;overflow-wrap:anywhere}
    .met{background:var(--goodbg);color:var(--good);border-color:var(--good)}
    .missed{background:var(--badbg);color:var(--bad);border-color:var(--bad)}
    .none{background:var(--card);color:var(--soft);border-color:var(--line)}
    .card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;\
    margin:0 0 16px}
    ul.plain,ol.plain{list-style:none;margin:0;padding:0}
    .expectation{display:grid;grid-template-columns:30px minmax(0,1fr) auto;gap:2px 10px;\
    padding:12px 0;border-top:1px solid var(--line);align-items:center}
    .expectation:first-child{border-top:0;padding-top:0} .expectation:last-child{padding-bottom:0}
    .expectation .mark{font-size:22px;font-weight:700;align-self:start}
    .expectation .what{font-weight:600;overflow-wrap:anywhere}
    .good{color:var(--good)} .bad{color:var(--bad)} .doubt{color:var(--doubt)}
    .timeline li{display:grid;grid-template-columns:76px 16px minmax(0,1fr);gap:8px;padding:4px 0;\
    align-items:baseline;overflow-wrap:anywhere}
    .timeline time{text-align:right;white-space:nowrap;color:var(--soft);font-weight:600}
    .timeline .dot{width:10px;height:10px;border-radius:50%;background:var(--line);\
    display:inline-block;justify-self:center}
    .dot.fault,.dot.faultEnd{background:#e08a14} .dot.failure,.dot.rejection,.dot.limit{background:var(--bad)}
    .dot.latency{background:#8a2be2} .dot.retries{background:#b4421a}
    .dot.ejection,.dot.pods{background:#a3195b} .dot.release{background:var(--good)}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));\
    gap:18px 22px;margin-top:14px;align-items:end}
    figure{margin:0;position:relative;min-width:0;max-width:640px} figure svg{width:100%;height:auto;display:block}
    figcaption{font-size:14px;font-weight:600;display:flex;flex-wrap:wrap;gap:2px 12px;\
    align-items:center}
    .key{font-weight:400;font-size:12.5px;color:var(--soft);display:inline-flex;gap:5px;\
    align-items:center;white-space:nowrap}
    figure .key svg{width:22px;height:8px;flex:none}
    .tip{position:absolute;top:26px;background:var(--text);color:var(--card);font-size:12.5px;\
    line-height:1.35;padding:5px 8px;border-radius:6px;pointer-events:none;white-space:pre;z-index:2}
    .scroll{overflow-x:auto;background:linear-gradient(90deg,var(--card) 30%,transparent) 0 0/36px 100% \
    local,linear-gradient(270deg,var(--card) 30%,transparent) 100% 0/36px 100% local,\
    linear-gradient(90deg,var(--shade),transparent) 0 0/12px 100%,\
    linear-gradient(270deg,var(--shade),transparent) 100% 0/12px 100%;background-repeat:no-repeat}
    .scroll svg.map{max-width:100%;height:auto;display:block;margin:0 auto}
    .scroll svg.wide{max-width:none;margin:0}
    table{border-collapse:collapse;font-size:14px;width:100%}
    caption{text-align:left;color:var(--soft);padding:4px 0}
    th,td{padding:5px 10px;border-top:1px solid var(--line);text-align:right;white-space:nowrap}
    thead th{border-top:0;color:var(--soft);font-weight:600;font-size:13px}
    th:first-child{text-align:left;font-weight:600;max-width:260px;overflow:hidden;\
    text-overflow:ellipsis}
    th.part{font-weight:400;padding-left:24px}
    .words td{text-align:left;white-space:normal;overflow-wrap:anywhere}
    .words th{text-align:left;white-space:normal;overflow-wrap:anywhere}
    details{margin-top:12px} summary{cursor:pointer;color:var(--accent);font-size:14px}
    .chip{display:inline-block;font-size:13px;font-weight:600;border-radius:999px;padding:1px 10px;\
    border:1px solid;margin-left:8px;vertical-align:2px}
    .title{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 6px}
    pre{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:10px 12px;\
    margin:8px 0;overflow-x:auto;font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere}
    a{color:var(--accent)}
    footer{padding:8px 0 40px}
    svg:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);\
    outline-offset:2px}
    @media (max-width:640px){body{font-size:15px} main,header{padding:0 14px} header{padding-top:18px}\
    h1{font-size:24px} .verdict b{font-size:19px} .verdict{padding:12px 14px} .card{padding:14px}\
    .expectation{grid-template-columns:26px minmax(0,1fr)} .expectation .bar{grid-column:2}\
    .timeline li{grid-template-columns:62px 12px minmax(0,1fr);gap:6px}\
    .scroll svg.map{max-width:none}}

    """

  private static let dark = """
    :root{--ground:#12171d;--card:#1a2129;--text:#e8edf2;--soft:#a9b4c0;--line:#323c47;\
    --good:#3fc1b3;--bad:#ff7b7b;--doubt:#f0a445;--accent:#7ab2ff;--goodbg:#12302d;--badbg:#371c20;\
    --doubtbg:#33270f;--shade:#000000a0}
    .f-strong{fill:#e8edf2}

    """

  private static var darkInks: String {
    Ink.all.map { ".s-\($0.rawValue){stroke:\($0.dark)} .f-\($0.rawValue){fill:\($0.dark)}" }
      .joined(separator: "\n")
  }

  private static let print = """

    @media print{:root{color-scheme:light} body{background:#fff;font-size:12px} .small{font-size:11px}\
    .card{break-inside:avoid;border-color:#bbb} h2,h3{break-after:avoid} .tip{display:none}\
    .charts{grid-template-columns:repeat(2,1fr)} .charts~details:not([open]){display:none}\
    .scroll{overflow:visible;background:none} .scroll svg.wide{max-width:100%} table{font-size:11px} th,td{padding:3px 6px}\
    a{color:inherit} *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

    """
}
