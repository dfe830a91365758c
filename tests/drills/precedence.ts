import { constants, setPriority } from "node:os";

/**
 * For a process that stands for many machines, or takes the time of what it sees: on a busy host it would measure how long
 * it waited for a processor itself. Only root may; whoever runs the unit tests as somebody else measures nothing.
 */
export function takePrecedence(): void {
  if (process.getuid?.() === 0) setPriority(constants.priority.PRIORITY_HIGHEST);
}
