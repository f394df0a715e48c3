// The script of guestbook's pages: sorts and filters tables, searches the terms, and copies lines. The pages are complete without it.
(() => {
  "use strict";
  const ROWS_MAX = 100;

  const value = (cell) => cell.dataset.v ?? cell.textContent.trim();
  // Compares two values in a direction, 1 or -1. Missing ones come last in both.
  const compare = (a, b, direction) => {
    const [x, y] = [Number(a), Number(b)];
    if (a === "" || b === "") return (a === "") - (b === "");
    const order = Number.isNaN(x) || Number.isNaN(y) ? String(a).localeCompare(String(b)) : x - y;
    return direction * order;
  };
  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // Puts a button into each header. `sort` is called with the column's number and the direction.
  const sortable = (table, sort) => {
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      const button = element("button", { type: "button" }, ...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const first = header.classList.contains("n") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const next = header.getAttribute("aria-sort") === first ? other : first;
        headers.forEach((one) => one.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", next);
        sort(column, next === "ascending" ? 1 : -1);
      });
    });
  };

  // Adds a field above a table. `find` is called with what is typed, and returns the number of rows found.
  const searchable = (table, words, find) => {
    const input = element("input", { type: "search", autocomplete: "off" });
    const found = element("output", {});
    const label = element("label", { className: "find" }, words + " ", input, " ", found);
    (table.closest(".scroll") ?? table).before(label);
    input.addEventListener("input", async () => {
      const count = await find(input.value.trim().toLowerCase());
      found.textContent = count === null ? "" : `${count} found`;
    });
  };

  const enhance = (table) => {
    const body = table.tBodies[0];
    sortable(table, (column, direction) => {
      const rows = [...body.rows];
      rows.sort((a, b) => compare(value(a.cells[column]), value(b.cells[column]), direction));
      body.append(...rows);
    });
    if (body.rows.length > 10) {
      searchable(table, "Filter", (text) => {
        let count = 0;
        for (const row of body.rows) {
          row.hidden = text !== "" && !row.textContent.toLowerCase().includes(text);
          count += !row.hidden;
        }
        return text === "" ? null : count;
      });
    }
  };

  // The list of terms shows one page of many, so it is sorted and searched by its index.
  const enhanceTerms = (table) => {
    const body = table.tBodies[0];
    let index = null;
    let text = "";
    let order = null;
    const bars = (days) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const largest = Math.max(...days, 1);
      const part = (pings, at) => pings ? `M${at * 4 + 1} 16v-${Math.ceil((pings * 16) / largest)}` : "";
      path.setAttribute("d", days.map(part).join(""));
      for (const [name, set] of [["class", "spark"], ["viewBox", `0 0 ${days.length * 4} 16`],
        ["width", days.length * 4], ["height", 16], ["aria-hidden", "true"]]) svg.setAttribute(name, set);
      svg.append(path);
      return svg;
    };
    const row = ([title, , path, days, ...numbers]) => {
      const link = element("a", { href: path }, element("bdi", {}, title));
      const made = element("tr", {}, element("th", { scope: "row" }, link));
      made.append(element("td", {}, ...(days.length ? [bars(days)] : [])));
      numbers.forEach((number) => {
        const is = typeof number === "number";
        made.append(element("td", { className: is ? "n" : "" }, is ? number.toLocaleString("en") : number ?? ""));
      });
      return made;
    };
    const show = async () => {
      try {
        index ??= (await (await fetch("terms.json")).json()).rows;
      } catch {
        return "the index can't be read: 0";
      }
      let rows = index.filter(([title, term]) => `${title}\n${term}`.toLowerCase().includes(text));
      if (order) {
        // The title is the first column of both; the index has the key and the path after it.
        const at = order.column === 0 ? 0 : order.column + 2;
        const of = (one) => at === 3 ? one[3].reduce((sum, pings) => sum + pings, 0) : one[at] ?? "";
        rows.sort((a, b) => compare(of(a), of(b), order.direction));
      }
      body.replaceChildren(...rows.slice(0, ROWS_MAX).map(row));
      return rows.length;
    };
    sortable(table, (column, direction) => {
      order = { column, direction };
      show();
    });
    searchable(table, "Find a term", (typed) => {
      text = typed;
      return show();
    });
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.closest("section")?.querySelector("h2")?.id === "terms") enhanceTerms(table);
    else enhance(table);
  }
  for (const block of document.querySelectorAll(".snippet pre")) {
    const button = element("button", { type: "button", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(block);
        button.textContent = "Selected: press Ctrl+C";
      }
    });
    block.before(button);
  }
})();
