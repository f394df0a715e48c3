// <ai-guestbook term="asyncio"> or src="…/terms/asyncio.json".
(() => {
  const base = new URL("terms/", document.currentScript.src);
  const style = new CSSStyleSheet();
  style.replaceSync(`:host{display:block;max-width:40rem;box-sizing:border-box;padding:1rem;border:1px solid var(--ai-guestbook-line,#8886);border-radius:.5rem;font:14px/1.4 system-ui;color:var(--ai-guestbook-text,inherit);background:var(--ai-guestbook-paper,none)}
h2,p,ol,ul{margin:0 0 .4em;padding:0}li{list-style:none}p{overflow-wrap:anywhere}
ol{display:flex;gap:2px;height:60px}ol li{flex:1;background:#8882;display:flex;align-items:flex-end}
i{flex:1;background:var(--ai-guestbook-accent,#46f)}ol .gap{background:none}
ul{display:flex;flex-wrap:wrap;gap:.35em}ul li{padding:.05em .6em;border:1px solid #8886;border-radius:1em}`);
  const el = (name, ...inner) => {
    const made = document.createElement(name);
    made.append(...inner);
    return made;
  };
  const count = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
  const code = (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase();
  const file = (term) => encodeURIComponent(term).replace(/[!'()*]|^\.|\.(?=(badge|narrow)$)/g, code);
  customElements.define("ai-guestbook", class extends HTMLElement {
    async connectedCallback() {
      const name = encodeURIComponent(file(this.getAttribute("term") ?? ""));
      try {
        const answer = await fetch(this.getAttribute("src") ?? new URL(name + ".json", base));
        this.draw(await answer.json());
      } catch {}
    }
    draw(book) {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      const most = Math.max(1, ...book.days.map((day) => day.pings));
      const days = book.days.map(({ weekday, date, pings, covered }) => {
        const bar = el("i");
        bar.style.height = `${(pings / most) * 100}%`;
        const item = el("li", bar);
        item.title = `${weekday} ${date}: ${covered || pings ? count(pings, "ping") : "no log"}`;
        if (!covered) item.className = "gap";
        return item;
      });
      const bars = el("ol", ...days);
      bars.role = "img";
      bars.ariaLabel = days.map((day) => day.title).join(", ");
      const chips = (rows, name) => el("ul", ...rows.map((row) => el("li", el("bdi", row[name]), " ", el("b", row.pings))));
      const all = book.families;
      const top = all.length === 11 ? 11 : 10;
      const families = chips(all.slice(0, top), "family");
      if (all[top]) families.append(el("li", `and ${all.length - top} more`));
      root.replaceChildren(el("h2", "AI Guestbook"), el("p", el("bdi", book.title)),
        el("p", `Last ${count(days.length, "day")}: ${count(book.window_pings, "ping")}`), bars,
        el("p", `${count(book.today_pings, "ping")} today, ${book.yesterday_pings} yesterday, ${book.total_pings} of all time`),
        families, chips(book.request_types, "type"), el("p", count(book.views, "view") + " by people"));
    }
  });
})();
