"use strict";

const root = document.documentElement;
const { nonce } = document.currentScript;

// The page's colors, as they are in light and in dark.
const style = getComputedStyle(root);
const color = (name) => style.getPropertyValue(name).trim();

function template() {
  const axis = {
    gridcolor: color("--line"),
    linecolor: color("--line"),
    zerolinecolor: color("--line"),
  };
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: color("--text") };
  return {
    layout: {
      font,
      paper_bgcolor: "rgba(0, 0, 0, 0)",
      plot_bgcolor: "rgba(0, 0, 0, 0)",
      xaxis: axis,
      yaxis: axis,
      hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--line"), font },
    },
    data: {
      bar: [{ error_y: { color: color("--text") } }],
      heatmap: [{ textfont: font }],
    },
  };
}

// Plotly lies in the page as gzip in base64, a third of its size.
async function unpack() {
  const packed = atob(document.getElementById("plotly").textContent);
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.nonce = nonce;
  script.textContent = await new Response(unpacked).text();
  document.head.append(script);
}

async function draw(plot) {
  const { data, layout } = JSON.parse(plot.nextElementSibling.textContent);
  layout.template = template();
  await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
}

// What is folded has no size yet: it is drawn once it is opened.
const isShown = (plot) => !plot.closest("details:not([open])");

async function drawAll(plots) {
  for (const plot of plots) {
    await draw(plot);
    await new Promise((resolve) => setTimeout(resolve)); // the page stays responsive
  }
}

let work = Promise.resolve();
let waiting = 0;

/** Draw those of the plots that are chosen when their turn comes, after those asked for before. */
function enqueue(within, isChosen) {
  waiting += 1;
  delete root.dataset.drawn;
  work = work
    .then(() => drawAll([...within.querySelectorAll(".plot")].filter(isChosen)))
    .then(() => {
      waiting -= 1;
      if (waiting === 0) root.dataset.drawn = "";
    });
}

function start() {
  root.dataset.scripted = "";
  work = unpack();
  enqueue(document, isShown);
  const isNew = (plot) => isShown(plot) && !plot.classList.contains("js-plotly-plot");
  document.addEventListener("toggle", ({ target }) => target.open && enqueue(target, isNew), true);
  const isDrawn = (plot) => plot.classList.contains("js-plotly-plot");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => enqueue(document, isDrawn));
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
}

if ("DecompressionStream" in window) start();
