import { writeFileSync } from "node:fs";

/** 29,154 in the kernel's measure of weight, where all machines of a local cloud together have 32,768 and any other session 1,024. */
const nice = -15;

/**
 * For what stands for a machine of its own, such as a run of Pulumi or a site's visitors: while processors are short it gets about as
 * much of them as all machines of the local cloud together, instead of what these do not want.
 *
 * @param leader of a session of its own, for those are the kernel's unit of fairness: started with `detached`
 */
export function weigh(leader: number): void {
  try {
    writeFileSync(`/proc/${leader}/autogroup`, String(nice));
  } catch {
    // It has ended already, or this kernel knows no such thing: it waits its turn then, as everything else does.
  }
}
