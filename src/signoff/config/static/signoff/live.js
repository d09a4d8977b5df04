// Looks again every few seconds while something goes on by itself. The page works without.
// Asked with the ETag of the last answer, a server that has nothing new says so in a few bytes.
"use strict";
(() => {
  const EVERY = 2000;
  const MOST_ERRORS = 30;
  const told = document.createElement("p");
  told.className = "hidden-text";
  told.setAttribute("role", "status");
  document.body.append(told);

  const SAME = Symbol("same");
  let tag = "";

  const get = async (address, known) => {
    const headers = known ? { "If-None-Match": known } : {};
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store", headers });
    if (answer.status === 304) return SAME;
    if (answer.redirected || answer.status === 404 || answer.status === 403) return null;
    tag = answer.headers.get("ETag") || "";
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const keepingFocus = (change) => {
    // What has no name of its own is found again by the named part of the page it stands in.
    const held = document.activeElement?.closest("main [id]")?.id;
    change();
    const again = held && document.getElementById(held);
    if (!again || again === document.activeElement) return;
    if (again.tabIndex < 0) again.tabIndex = -1;
    again.focus({ preventScroll: true });
  };

  // Somebody is writing or choosing: the page is not taken from under their hands.
  const busy = () =>
    [...document.querySelectorAll("main input, main textarea, main select")].some((field) => {
      if (field === document.activeElement && field.type !== "checkbox") return true;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") return [...field.options].some((each) => each.selected && !each.defaultSelected && each.index);
      return field.type !== "hidden" && field.value !== field.defaultValue;
    });

  // What was opened to be read stays open.
  const opened = () => [...document.querySelectorAll("main details[id][open]")].map((each) => each.id);

  const wholePage = async () => {
    const fresh = await get(document.querySelector("#live").dataset.page || location.pathname);
    if (!fresh || !fresh.querySelector("main")) return;
    const open = opened();
    // What was said stays to be read, unless it was about what is over now.
    const over = fresh.querySelector("#live[data-over]");
    const said = over ? null : document.querySelector("main .messages");
    keepingFocus(() => document.querySelector("main").replaceWith(fresh.querySelector("main")));
    if (said && !document.querySelector("main .messages")) document.querySelector("main").prepend(said);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const stage = document.querySelector("main h1 .badge");
    told.textContent = stage ? stage.textContent : "";
  };

  const once = async (live) => {
    const answer = await get(live.dataset.live, tag);
    if (answer === SAME) return true;
    const fresh = answer && answer.getElementById("live");
    if (!fresh) return false;
    if (fresh.dataset.standing !== live.dataset.standing) {
      if (busy()) tag = "";
      else await wholePage();
    } else if (fresh.innerHTML !== live.innerHTML) {
      keepingFocus(() => live.replaceWith(fresh));
    }
    return true;
  };

  const follow = async () => {
    for (let errors = 0; errors < MOST_ERRORS; ) {
      const pause = Number(document.querySelector("#live")?.dataset.every) || EVERY;
      await new Promise((resolve) => setTimeout(resolve, pause));
      const live = document.querySelector("#live[data-live]");
      if (!live) return;
      if (document.hidden) continue;
      try {
        if (!(await once(live))) return;
        errors = 0;
      } catch {
        errors += 1;
      }
    }
  };
  follow();
})();
