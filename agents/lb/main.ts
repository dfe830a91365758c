import { untilStopped } from "../settings.ts";

const signal = untilStopped();
await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
