import { randomInt } from "node:crypto";
import { z } from "zod";

const least = z.int().min(0).optional();
const use = z.boolean().optional();

export const textInputs = {
  length: z.int().min(1),
  lower: use,
  upper: use,
  numeric: use,
  /** The old name of `numeric`. */
  number: use,
  special: use,
  minLower: least,
  minUpper: least,
  minNumeric: least,
  minSpecial: least,
  overrideSpecial: z.string().optional(),
};

export type TextInputs = z.infer<z.ZodObject<typeof textInputs>>;

const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
/** The official plugin's own set. */
const specials = "!@#$%&*()-_=+[]{}<>:?";

/** Draws each character evenly from the wanted classes, after the least number of each class. */
export function drawText(inputs: TextInputs): string {
  const special = inputs.overrideSpecial === undefined || inputs.overrideSpecial === "" ? specials : inputs.overrideSpecial;
  const classes = [
    { letters: lower, used: inputs.lower, least: inputs.minLower },
    { letters: lower.toUpperCase(), used: inputs.upper, least: inputs.minUpper },
    { letters: digits, used: inputs.numeric !== false && inputs.number !== false, least: inputs.minNumeric },
    { letters: special, used: inputs.special, least: inputs.minSpecial },
  ];
  const all = classes.filter((one) => one.used ?? true).map((one) => one.letters).join("");
  const needed = classes.reduce((sum, one) => sum + (one.least ?? 0), 0);
  if (all === "") throw new Error("lower, upper, numeric and special are all false: there is nothing to draw from");
  if (needed > inputs.length) throw new Error(`length is ${inputs.length}, but minLower, minUpper, minNumeric and minSpecial ask for ${needed}`);
  const drawn = classes.flatMap((one) => draw(one.letters, one.least ?? 0)).concat(draw(all, inputs.length - needed));
  return shuffle(drawn).join("");
}

function draw(letters: string, count: number): string[] {
  return Array.from({ length: count }, () => letters.charAt(randomInt(letters.length)));
}

function shuffle(items: string[]): string[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = randomInt(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] ?? "", shuffled[i] ?? ""];
  }
  return shuffled;
}
