// Reads a JSON array of custom resources, prints one line for each fault, and ends with 1 if there
// is one. Values are checked by the models' validators; fields that no schema knows, which those
// let pass, by the compiler: an object literal may have no property that its type lacks.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PACKAGES = {
  "cert-manager.io/v1": "@kubernetes-models/cert-manager/cert-manager.io/v1",
  "keda.sh/v1alpha1": "@kubernetes-models/keda/keda.sh/v1alpha1",
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
};

const faults = [];
const documents = JSON.parse(readFileSync(0, "utf8"));
let source = "";
for (const [index, document] of documents.entries()) {
  const { apiVersion, kind, metadata } = document;
  const name = `${kind} ${metadata?.name}`;
  const path = PACKAGES[apiVersion] && `${PACKAGES[apiVersion]}/${kind}`;
  if (!path) {
    faults.push(`${name}: no schema of ${apiVersion} ${kind}`);
    continue;
  }
  let Model;
  try {
    Model = (await import(path))[kind];
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
    continue;
  }
  try {
    new Model(document).validate();
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
  }
  source += `import { I${kind} as T${index} } from "${path}";\n`;
  source += `export const v${index}: T${index} = ${JSON.stringify(document)}; // ${name}\n`;
}

const FILE = `${HERE}documents.ts`;
const options = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
};
const host = ts.createCompilerHost(options);
const readSourceFile = host.getSourceFile.bind(host);
host.getSourceFile = (name, target) =>
  name === FILE ? ts.createSourceFile(name, source, target) : readSourceFile(name, target);
const program = ts.createProgram([FILE], options, host);
for (const found of ts.getPreEmitDiagnostics(program)) {
  const line = found.file?.text.slice(0, found.start).split("\n").length - 1;
  const name = found.file?.text.split("\n")[line]?.split("; // ").pop() ?? "";
  faults.push(`${name}: ${ts.flattenDiagnosticMessageText(found.messageText, " ")}`);
}
process.stdout.write(faults.map((fault) => `${fault}\n`).join(""));
process.exitCode = faults.length ? 1 : 0;
