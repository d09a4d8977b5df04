// Looks again every two seconds while a run goes on by itself. The page works without.
"use strict";
(() => {
  const EVERY = 2000;
  const MOST_ERRORS = 30;
  const told = document.createElement("p");
  told.className = "hidden-text";
  told.setAttribute("role", "status");
  document.body.append(told);

  const get = async (address) => {
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    if (answer.redirected || answer.status === 404 || answer.status === 403) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const keepingFocus = (change) => {
    const held = document.activeElement ? document.activeElement.id : "";
    change();
    const again = held && document.getElementById(held);
    if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  };

  // Somebody is writing, or has a button under their hand: the page is not taken from under it.
  const busy = () => {
    const field = document.querySelector("main input[name=count]");
    return Boolean(field && field.value && field.value !== field.defaultValue);
  };

  const wholePage = async () => {
    const fresh = await get(location.pathname);
    if (!fresh || !fresh.querySelector("main")) return;
    keepingFocus(() => document.querySelector("main").replaceWith(fresh.querySelector("main")));
    const stage = document.querySelector("main h1 .badge");
    told.textContent = stage ? stage.textContent : "";
  };

  const once = async (live) => {
    const answer = await get(live.dataset.live);
    const fresh = answer && answer.getElementById("live");
    if (!fresh) return false;
    if (fresh.dataset.standing !== live.dataset.standing) {
      if (!busy()) await wholePage();
    } else if (fresh.innerHTML !== live.innerHTML) {
      keepingFocus(() => live.replaceWith(fresh));
    }
    return true;
  };

  const follow = async () => {
    for (let errors = 0; errors < MOST_ERRORS; ) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
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
