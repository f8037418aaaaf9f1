// Grafana's types as JSON Schema: `node make.mjs FILE` writes {name: schema} for a dashboard and for the panels' options.
import { writeFileSync } from "node:fs";
import { createGenerator } from "ts-json-schema-generator";

const types = "node_modules/@grafana/schema/dist/types/raw";
const panels = ["barchart", "bargauge", "stat", "statetimeline", "table", "timeseries"];
const withFields = ["barchart", "statetimeline", "table", "timeseries"];

const wanted = [["dashboard", `${types}/dashboard/x/types.gen.d.ts`, "Dashboard"]];
for (const panel of panels) {
  const path = `${types}/composable/${panel}/panelcfg/x/types.gen.d.ts`;
  wanted.push([`${panel}.options`, path, "Options"]);
  if (withFields.includes(panel)) wanted.push([`${panel}.custom`, path, "FieldConfig"]);
}

const made = {};
for (const [name, path, type] of wanted) {
  made[name] = createGenerator({ path, type, skipTypeCheck: true, tsconfig: undefined }).createSchema(type);
}
writeFileSync(process.argv[2], JSON.stringify(made));
