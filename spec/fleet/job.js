// The job in the guide as TypeScript, for its types to be checked.
const fs = require("fs");
const yaml = require("yaml");

const [guide, output] = process.argv.slice(2);
const job = /```yaml\n([^`]*)```/.exec(fs.readFileSync(guide, "utf8"))[1];
fs.writeFileSync(output, `import { Job } from "kubernetes-types/batch/v1";\nexport const job: Job = ${JSON.stringify(yaml.parse(job), null, 1)};\n`);
