// Texts are checked while they are written, and a build's progress is shown as it goes. Without this, a button checks,
// and the page is loaded anew.

const PAUSE_MS = 1500;
const POLL_MS = 1000;

for (const form of document.querySelectorAll("form[data-check]")) {
  const place = document.getElementById("findings");
  let waiting = 0;
  let checking = null;

  async function check() {
    checking?.abort();
    checking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "check");
    try {
      const response = await fetch(form.action, { method: "POST", body, signal: checking.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const found = page.getElementById("findings");
      // Being signed out meanwhile gives another page: what is written stays, and saving says so.
      if (found && !response.redirected) place.replaceChildren(...found.childNodes);
    } catch {
      // Offline, or overtaken by the next one.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE_MS);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    checking?.abort();
  });
}

for (const panel of document.querySelectorAll("[data-progress]")) {
  const bar = panel.querySelector("progress");
  const doing = panel.querySelector("[data-doing]");

  async function look() {
    try {
      const response = await fetch(panel.dataset.progress);
      const told = await response.json();
      if (!told.running) {
        location.reload();
        return;
      }
      doing.textContent = told.doing;
      bar.max = told.total || 1;
      bar.value = told.done;
    } catch {
      // The next try may get through.
    }
    setTimeout(look, POLL_MS);
  }

  setTimeout(look, POLL_MS);
}
