// Sends documents with a bar that shows how far they are, and again where the connection broke: the
// same file is the same document, so sending it twice does no harm. The page works without.
"use strict";
(() => {
  const LONGEST = 180000;

  const shown = (form, words) => {
    const told = form.querySelector(".error");
    told.textContent = words;
    form.querySelectorAll("input[type=file]").forEach((input) => {
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    });
  };

  const bar = (form) => {
    let line = form.querySelector(".sending");
    if (!line) {
      line = document.createElement("p");
      line.className = "sending";
      line.append(document.createElement("progress"), document.createElement("span"));
      line.lastChild.setAttribute("role", "status");
      form.append(line);
    }
    return line;
  };

  const waiting = (form, yes) => {
    form.setAttribute("aria-busy", String(yes));
    form.querySelectorAll("button").forEach((button) => {
      button.disabled = yes;
    });
    if (!yes) form.querySelectorAll(".sending").forEach((line) => line.remove());
  };

  const lost = (form) => {
    waiting(form, false);
    shown(form, form.dataset.lost);
    const button = form.querySelector("button");
    button.textContent = form.dataset.again;
    button.focus();
  };

  const arrived = (form, sent) => {
    const fresh = new DOMParser().parseFromString(sent.responseText, "text/html");
    const main = fresh.querySelector("main");
    if (sent.status >= 500 && sent.status !== 503) return lost(form);
    if (!main) return lost(form);
    document.querySelector("main").replaceWith(main);
    document.title = fresh.title;
    const wrong = main.querySelector("[data-upload] .error:not(:empty)");
    if (!wrong && sent.responseURL) history.replaceState(null, "", `${sent.responseURL}#documents`);
    const place = wrong || main.querySelector("#documents") || main;
    if (wrong) wrong.closest("form").querySelector("input[type=file]").focus();
    else main.focus();
    place.scrollIntoView({ block: "center" });
  };

  const send = (form, body) => {
    const sent = new XMLHttpRequest();
    const line = bar(form);
    const [progress, words] = [line.firstChild, line.lastChild];
    waiting(form, true);
    shown(form, "");
    words.textContent = form.dataset.sending;
    sent.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      progress.max = event.total;
      progress.value = event.loaded;
    });
    sent.upload.addEventListener("load", () => {
      progress.removeAttribute("value");
      words.textContent = form.dataset.reading;
    });
    sent.addEventListener("load", () => arrived(form, sent));
    for (const kind of ["error", "abort", "timeout"]) {
      sent.addEventListener(kind, () => lost(form));
    }
    sent.timeout = LONGEST;
    sent.open("POST", form.action);
    sent.send(body);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("upload" in form.dataset)) return;
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (!files.length) return;
    event.preventDefault();
    if (files.some((file) => file.size > Number(form.dataset.most))) {
      shown(form, form.dataset.tooBig);
      return;
    }
    send(form, new FormData(form));
  });
})();
