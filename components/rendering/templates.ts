import { readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import { message } from "../../agents/errors.ts";

const root = join(import.meta.dirname, "../../templates");
const compiled = new Map<string, Handlebars.TemplateDelegate>();
const handlebars = Handlebars.create();
handlebars.registerPartial("ready", readFileSync(join(root, "base/ready.sh.hbs"), "utf8"));

/** Renders `templates/<name>.hbs`; a name that the values lack is an error, not an empty place. */
export function render(name: string, values: object): string {
  let template = compiled.get(name);
  if (template === undefined) {
    // Nothing here is HTML, and a shell script must not get `&amp;`.
    template = handlebars.compile(readFileSync(join(root, `${name}.hbs`), "utf8"), { noEscape: true, strict: true, preventIndent: true });
    compiled.set(name, template);
  }
  try {
    return template(values);
  } catch (error) {
    throw new Error(`templates/${name}.hbs: ${message(error)}`, { cause: error });
  }
}
