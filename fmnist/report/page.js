"use strict";

document.documentElement.dataset.scripted = "";

// The page's colours, as they are in light and in dark.
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();

function template() {
  const axis = {
    gridcolor: colour("--line"),
    linecolor: colour("--line"),
    zerolinecolor: colour("--line"),
  };
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--text") };
  return {
    layout: {
      font,
      paper_bgcolor: "rgba(0, 0, 0, 0)",
      plot_bgcolor: "rgba(0, 0, 0, 0)",
      xaxis: axis,
      yaxis: axis,
      hoverlabel: { bgcolor: colour("--surface"), bordercolor: colour("--line"), font },
    },
    data: {
      bar: [{ error_y: { color: colour("--text") } }],
      heatmap: [{ colorscale: [[0, colour("--heat-low")], [1, colour("--heat-high")]], textfont: font }],
    },
  };
}

async function draw(plot) {
  const { data, layout } = JSON.parse(plot.nextElementSibling.textContent);
  layout.template = template();
  await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true });
}

async function drawAll() {
  for (const plot of document.querySelectorAll(".plot")) {
    await draw(plot);
    await new Promise((resolve) => setTimeout(resolve)); // the page stays responsive
  }
  document.documentElement.dataset.drawn = "";
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
drawAll();
