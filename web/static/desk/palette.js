// The list of everything to go to: what the page itself can do, then the places, pins and recent questions that
// /desk/palette lists. A combobox over a listbox, as the ARIA Authoring Practices have it.

let dialog;
let input;
let list;
let none;
let entries;

export async function openPalette() {
  dialog ??= document.querySelector("#palette");
  if (!dialog || dialog.open) return;
  if (!input) prepare();
  entries = ownEntries();
  input.value = "";
  show();
  dialog.showModal();
  input.focus();
  entries = [...ownEntries(), ...(await fetchedEntries())];
  show();
}

function prepare() {
  input = dialog.querySelector("input");
  list = dialog.querySelector("[role=listbox]");
  none = dialog.querySelector("[data-none]");
  input.addEventListener("input", show);
  input.addEventListener("keydown", event => {
    const options = [...list.children];
    const at = options.findIndex(option => option.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined && options.length) {
      event.preventDefault();
      select((to + options.length) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) go(options[at]);
    }
  });
  list.addEventListener("click", event => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
  });
  // A click beside it closes it; Escape does so by itself.
  dialog.addEventListener("click", event => event.target === dialog && dialog.close());
}

function ownEntries() {
  return [...document.querySelectorAll("[data-key]")]
    .filter(element => element.checkVisibility())
    .map(element => ({ text: element.textContent.trim(), group: element.dataset.key, act: () => element.click() }));
}

async function fetchedEntries() {
  try {
    const response = await fetch("/desk/palette", { redirect: "error" });
    if (!response.ok) return [];
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return [...page.querySelectorAll("section")].flatMap(section =>
      [...section.querySelectorAll("[data-palette] a")].map(link => ({
        text: link.textContent.trim(),
        group: section.querySelector("h2").textContent,
        lang: link.lang,
        dir: link.dir,
        act: () => location.assign(link.getAttribute("href")),
      })),
    );
  } catch {
    return [];
  }
}

function show() {
  const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter(entry => words.every(word => entry.text.toLocaleLowerCase().includes(word)));
  list.replaceChildren(
    ...found.slice(0, 50).map((entry, number) => {
      const option = document.createElement("li");
      option.id = `palette-option-${number}`;
      option.setAttribute("role", "option");
      const text = document.createElement("span");
      text.textContent = entry.text;
      text.dir = entry.dir || "auto";
      if (entry.lang) text.lang = entry.lang;
      const group = document.createElement("span");
      group.className = "meta";
      group.textContent = entry.group;
      option.append(text, group);
      option.act = entry.act;
      return option;
    }),
  );
  none.hidden = found.length > 0;
  select(0);
}

function select(number) {
  [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
  const option = list.children[number];
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function go(option) {
  dialog.close();
  option.act();
}
