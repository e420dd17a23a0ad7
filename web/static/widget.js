// A button for any site that opens Neuvo in a dialog: <script src="https://.../widget.js" data-language="auto">.
// No cookies, no storage; the frame is loaded when it is first opened. See docs/embedding.md.
(() => {
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const ID = "neuvo-widget";
  const texts = {
    fi: ["Kysy Neuvolta", "Sulje"],
    sv: ["Fråga Neuvo", "Stäng"],
    en: ["Ask Neuvo", "Close"],
    ru: ["Спросить Neuvo", "Закрыть"],
    uk: ["Запитати Neuvo", "Закрити"],
    ar: ["اسأل Neuvo", "إغلاق"],
    fa: ["از Neuvo بپرسید", "بستن"],
    so: ["Weydii Neuvo", "Xir"],
    sq: ["Pyetni Neuvo", "Mbyll"],
    et: ["Küsi Neuvolt", "Sulge"],
    zh: ["询问 Neuvo", "关闭"],
    fr: ["Demander à Neuvo", "Fermer"],
    es: ["Preguntar a Neuvo", "Cerrar"],
    vi: ["Hỏi Neuvo", "Đóng"],
    tr: ["Neuvo'ya sor", "Kapat"],
    ku: ["Ji Neuvo bipirse", "Bigire"],
  };
  const same = { prs: "fa", kmr: "ku", cmn: "zh", ekk: "et", als: "sq" };

  // The first wish that Neuvo speaks. Sorani (ku-Arab) is not Kurmanji.
  const language = [script.dataset.language, document.documentElement.lang, ...navigator.languages]
    .map((tag) => (tag ?? "").toLowerCase())
    .filter((tag) => !/^ku-(arab|i[qr])/.test(tag))
    .map((tag) => same[tag.split("-")[0]] ?? tag.split("-")[0])
    .find((code) => code in texts) ?? "en";
  const [openText, closeText] = texts[language];

  const style = `
:host { all: initial; font: 17px sans-serif }
* { box-sizing: border-box; font: inherit }
button { min-block-size: 44px; padding: 8px 20px; color: #fff; background: #0a5c70; border: 2px solid #fff; border-radius: 24px; cursor: pointer }
button:focus-visible { outline: 3px solid #0a5c70; outline-offset: 2px }
#open { position: fixed; inset-block-end: 16px; inset-inline-end: 16px; z-index: 2147483647; max-inline-size: 90% }
dialog { position: fixed; inset: auto; inset-block-end: 0; inset-inline-end: 0; margin: 0; padding: 0; max-inline-size: none; max-block-size: none;
  inline-size: min(440px, 100%); block-size: min(720px, 100%); border: 2px solid #0a5c70; background: #fff }
dialog[open] { display: flex; flex-direction: column }
#close { align-self: end; margin: 4px }
iframe { flex: 1; border: 0 }
@media print { #open { display: none } }`;

  function add(parent, tag, properties) {
    return parent.appendChild(Object.assign(document.createElement(tag), properties));
  }

  function start() {
    if (document.getElementById(ID)) return;
    const dir = /^(ar|fa)$/.test(language) ? "rtl" : "ltr";
    const root = add(document.body, "div", { id: ID, lang: language, dir }).attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      root.adoptedStyleSheets = [sheet];
    } catch {
      add(root, "style", { textContent: style });
    }
    const button = add(root, "button", { id: "open", type: "button", textContent: openText });
    button.setAttribute("aria-haspopup", "dialog");
    const dialog = add(root, "dialog");
    dialog.setAttribute("aria-label", "Neuvo");
    add(dialog, "button", { id: "close", type: "button", textContent: closeText }).onclick = () => dialog.close();
    const page = `${origin}/${language}/?embed`;
    let frame;

    button.onclick = () => {
      if (!dialog.showModal) return window.open(page, "_blank", "noopener");
      frame ??= add(dialog, "iframe", { title: "Neuvo", allow: "clipboard-write", src: page });
      // Nothing else can be reached until Escape or the button closes it.
      dialog.showModal();
    };
    dialog.onclose = () => button.focus();
    // Escape pressed inside of the frame.
    addEventListener("message", (event) => {
      if (event.source === frame?.contentWindow && event.origin === origin && event.data === "neuvo:close") dialog.close();
    });
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
