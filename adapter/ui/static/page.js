// Keeps a page current: fetches it again and replaces what it shows, unless somebody is reading by selection or typing.
"use strict";
const seconds = Number(document.body.dataset.refresh);
const busy = () =>
  document.hidden || String(getSelection()) !== "" || /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
const refresh = async () => {
  if (busy()) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement.getAttribute("href");
    document.getElementById("main").replaceWith(page.getElementById("main"));
    document.body.classList.remove("lost");
    if (focused) [...document.querySelectorAll("#main a")].find((a) => a.getAttribute("href") === focused)?.focus();
  } catch {
    document.body.classList.add("lost"); // the server does not answer: say so, keep what was shown
  }
};
if (seconds > 0) setInterval(refresh, Math.max(seconds, 2) * 1000);
