// Live refresh, for those who want it: every 15 seconds what the page shows is fetched anew from its own address and put
// in place of what was shown. The pages work without this file. It is off until somebody switches it on in this browser;
// it waits while the tab is hidden, while something is being typed, opened or selected, and it moves neither the focus
// nor what is scrolled.
"use strict";
(() => {
  const KEY = "hartwatch-live", EVERY = 15000;
  const main = document.getElementById("main"), asOf = document.getElementById("as-of");
  if (!main || !asOf || !window.fetch) return;

  const remembered = () => { try { return localStorage.getItem(KEY) === "on"; } catch { return false; } };
  const remember = (on) => { try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* private browsing */ } };

  const button = document.createElement("button");
  button.type = "button";
  button.className = "live";
  button.textContent = "Live refresh";
  asOf.after(button);
  let on = remembered(), timer = 0, going = false;

  // A key that finds an element again on the page that comes.
  const path = (element) => {
    const steps = [];
    for (let at = element; at && at !== main; at = at.parentElement) {
      steps.unshift([at.tagName, Array.prototype.indexOf.call(at.parentElement.children, at)]);
    }
    return steps;
  };
  const follow = (steps, root) => {
    let at = root;
    for (const [tag, place] of steps) {
      at = at && at.children[place];
      if (!at || at.tagName !== tag) return null;
    }
    return at;
  };
  // Which fold is which: by its summary, because folds come and go.
  const name = (fold) => (fold.id || "") + "|" + ((fold.querySelector("summary") || fold).textContent || "").replace(/\d+/g, "#").trim();

  const busy = () => {
    const active = document.activeElement;
    if (active && main.contains(active) && active.matches("input, select, textarea, [contenteditable]")) return true;
    const changed = (field) => field.matches("select")
      ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected))
      : field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked
        : field.value !== field.defaultValue;
    if ([...main.querySelectorAll("input, textarea, select")].some(changed)) return true;
    const selected = window.getSelection();
    return Boolean(selected && !selected.isCollapsed && main.contains(selected.anchorNode));
  };

  const show = (page) => {
    const fresh = page.getElementById("main"), when = page.getElementById("as-of");
    if (!fresh) return;
    const x = window.scrollX, y = window.scrollY;
    const open = new Map([...main.querySelectorAll("details")].map((fold) => [name(fold), fold.open]));
    const scrolled = [...main.querySelectorAll(".scroll")].map((one) => [path(one), one.scrollLeft, one.scrollTop]).filter(([, left, top]) => left || top);
    const focused = main.contains(document.activeElement) && document.activeElement !== main ? document.activeElement : null;
    const where = focused && path(focused), link = focused && focused.getAttribute("href");
    for (const fold of fresh.querySelectorAll("details")) {
      const was = open.get(name(fold));
      if (was !== undefined) fold.open = was;
    }
    main.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    for (const [steps, left, top] of scrolled) {
      const again = follow(steps, main);
      if (again) { again.scrollLeft = left; again.scrollTop = top; }
    }
    if (focused) {
      const same = follow(where, main);
      const again = same && same.getAttribute("href") === link ? same
        : link && [...main.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === link);
      if (again) again.focus({ preventScroll: true });
    }
    if (when) asOf.replaceChildren(...[...when.childNodes].map((node) => document.adoptNode(node)));
    document.title = page.title || document.title;
    window.scrollTo({ left: x, top: y, behavior: "instant" });
  };

  const refresh = async () => {
    if (going || document.hidden || busy()) return;
    going = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
      const html = (answer.headers.get("content-type") || "").startsWith("text/html");
      if (answer.ok && html && on && !document.hidden && !busy()) {
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
      button.classList.toggle("late", !answer.ok);
    } catch {
      button.classList.add("late");  // the agent does not answer: what is shown says by itself how old it is
    } finally {
      going = false;
    }
  };

  const settle = () => {
    button.setAttribute("aria-pressed", on ? "true" : "false");
    clearInterval(timer);
    timer = on ? setInterval(refresh, EVERY) : 0;
  };
  button.addEventListener("click", () => { on = !on; remember(on); settle(); if (on) refresh(); });
  document.addEventListener("visibilitychange", () => { if (on && !document.hidden) refresh(); });
  settle();
})();
