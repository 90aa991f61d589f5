/// The report's own script: a cross-hair with the values under it, by pointer or arrow keys.
///
/// It reads the drawn lines, so the data stands in the file once. The report is complete without.
enum ReportScript {
  static let javaScript = """
    "use strict";
    (() => {
      const L = 52, R = 376, T = 14, B = 170, NS = "http://www.w3.org/2000/svg";
      const digits = v => v === 0 ? "0" : String(+v.toPrecision(3));
      const units = {
        share: v => digits(v * 100) + " %",
        seconds: v => v >= 60 ? digits(v / 60) + " min" : v >= 1 ? digits(v) + " s"
          : v >= 1e-3 ? digits(v * 1e3) + " ms" : digits(v * 1e6) + " µs",
        perSecond: v => (v >= 1e6 ? digits(v / 1e6) + "M" : v >= 1e3 ? digits(v / 1e3) + "k"
          : digits(v)) + "/s",
        number: v => v >= 1e6 ? digits(v / 1e6) + "M" : v >= 1e3 ? digits(v / 1e3) + "k" : digits(v)
      };
      const two = n => String(n).padStart(2, "0");
      const clock = s => {
        const t = Math.floor(s);
        return (t >= 3600 ? Math.floor(t / 3600) + ":" : "") + two(Math.floor(t / 60) % 60) + ":" + two(t % 60);
      };
      document.querySelectorAll("figure.chart > svg").forEach(svg => {
        const low = +svg.dataset.low, high = +svg.dataset.high, end = +svg.dataset.end;
        const lines = [...svg.querySelectorAll("path[data-name]")].map(p => ({
          name: p.dataset.name,
          points: p.getAttribute("d").slice(1).split("L").map(q => q.split(" ").map(Number))
        }));
        const value = y => {
          const share = (B - y) / (B - T);
          return svg.dataset.log === "1" ? low * Math.pow(high / low, share) : low + (high - low) * share;
        };
        let hair = null, tip = null, at = null;
        const hide = () => { hair?.remove(); tip?.remove(); hair = tip = at = null; };
        const show = x => {
          at = Math.min(R, Math.max(L, x));
          if (!hair) {
            hair = svg.appendChild(document.createElementNS(NS, "line"));
            hair.setAttribute("stroke", "currentColor");
            hair.setAttribute("y1", T);
            hair.setAttribute("y2", B);
            tip = svg.parentNode.appendChild(document.createElement("div"));
            tip.className = "tip";
          }
          hair.setAttribute("x1", at);
          hair.setAttribute("x2", at);
          const rows = [clock((at - L) / (R - L) * end)];
          for (const line of lines) {
            let best = null;
            for (const p of line.points)
              if (!best || Math.abs(p[0] - at) < Math.abs(best[0] - at)) best = p;
            if (best) rows.push(line.name + " " + units[svg.dataset.unit](value(best[1])));
          }
          tip.textContent = rows.join("\\n");
          const left = at > 230;
          tip.style.left = left ? "auto" : at / 4 + 3 + "%";
          tip.style.right = left ? (400 - at) / 4 + 3 + "%" : "auto";
        };
        svg.addEventListener("pointermove", e => {
          const box = svg.getBoundingClientRect();
          show((e.clientX - box.left) / box.width * 400);
        });
        svg.addEventListener("pointerleave", hide);
        svg.addEventListener("blur", hide);
        svg.addEventListener("keydown", e => {
          const step = { ArrowLeft: -3, ArrowRight: 3 }[e.key];
          if (step) { show((at ?? L) + step); e.preventDefault(); } else if (e.key === "Escape") hide();
        });
      });
    })();
    """
}
