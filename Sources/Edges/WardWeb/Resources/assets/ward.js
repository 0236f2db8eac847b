// SPDX-License-Identifier: Apache-2.0
// Enhancements only: every page works without this file.

const body = document.body;

/** Posts a form's fields to an address of this site and gives back the answer's text. */
export async function post(path, fields = {}, background = false) {
  const headers = { "x-form-token": body.dataset.formToken };
  if (background) headers["x-ward-background"] = "1";
  const answer = await fetch(body.dataset.base + path, {
    method: "POST", headers, body: new URLSearchParams(fields), credentials: "same-origin",
  });
  return { ok: answer.ok, status: answer.status, text: await answer.text() };
}

/** Warns a minute before the session ends; one key keeps it (WCAG 2.2.1). */
function watchIdleTime() {
  const dialog = document.getElementById("idle-dialog");
  if (!dialog || !body.dataset.idleSeconds) return;
  let timer;
  const plan = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => dialog.showModal(), Math.max(5, seconds - 75) * 1000);
  };
  plan(Number(body.dataset.idleSeconds));
  document.getElementById("idle-extend").addEventListener("click", async () => {
    const answer = await post("/session/extend");
    if (answer.ok) plan(Number(/data-idle-seconds="(\d+)"/.exec(answer.text)?.[1] ?? 900));
    else location.reload();
  });
}

/** Adds a copy button beside a text that is shown once. */
function offerCopying() {
  for (const text of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = document.documentElement.lang === "es" ? "Copiar" : "Copy";
    button.addEventListener("click", () => navigator.clipboard.writeText(text.dataset.copy));
    text.after(" ", button);
  }
}

/** Reloads the part of a page that counts while something runs; the page also refreshes itself without scripts. */
function followProgress() {
  for (const region of document.querySelectorAll("[data-follow]")) {
    const step = async () => {
      const answer = await fetch(region.dataset.follow, { headers: { "x-ward-background": "1" } });
      if (!answer.ok) return;
      region.innerHTML = await answer.text();
      if (region.querySelector("[data-running]")) setTimeout(step, 1000);
      else location.reload();
    };
    setTimeout(step, 1000);
  }
}

/** `/` moves to the search field, `j` and `k` along the rows of a table, Enter opens one. */
function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
    if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll("tbody th a")];
      const here = links.indexOf(document.activeElement);
      const next = links[Math.min(links.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
}

/** Masks revealed values again after a minute, by going back to the page that does not hold them. */
function maskAgain() {
  const revealed = document.querySelector("[data-mask-after]");
  if (revealed) setTimeout(() => location.replace(revealed.dataset.maskHref), Number(revealed.dataset.maskAfter) * 1000);
}

/**
 * The count of a segment follows each change: the form is sent in the background, and numbers, mistakes and the controls
 * of the changed line take their places from the answer. The focus stays where it is; of several answers the newest counts.
 */
function followCount() {
  const form = document.getElementById("segment-form");
  if (!form) return;
  document.getElementById("update-rows")?.setAttribute("hidden", "");
  const place = (root, name) => root.querySelector(`[data-place="${name}"]`);
  let newest = 0;
  form.addEventListener("change", async (event) => {
    if (event.target.name === "name") return;
    const number = ++newest;
    const fields = new FormData(form);
    fields.set("do", event.target.name === "rule" ? "count-text" : "count-rows");
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST", body: new URLSearchParams(fields), credentials: "same-origin",
    });
    if (!answer.ok || number !== newest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const row = event.target.matches("[data-update]") ? event.target.closest("[data-place]").dataset.place : null;
    if (row && place(page, row)) {
      place(form, row).replaceWith(place(page, row));
      form.elements[event.target.name]?.focus();
    }
    for (const old of form.querySelectorAll('[data-place="count"], [data-place="mistake"], [data-place^="counts-"]')) {
      old.replaceChildren(...(place(page, old.dataset.place)?.childNodes ?? []));
    }
  });
}

followCount();
watchIdleTime();
offerCopying();
followProgress();
watchKeys();
maskAgain();
document.getElementById("error-summary")?.focus();
