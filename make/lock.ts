import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { instance } from "../localcloud/paths.ts";
import { UserError } from "./steps.ts";

/** One make target that changes the local stack runs at a time; /run is empty after a reboot, so no lock outlives one. */
const lockFile = `/run/${instance}-make.lock`;

/** A run whose make(1) was killed ends itself within a moment; only then is it known whether the holder stays. */
const attempts = 8;
const attemptMs = 250;

const processSchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });
const lockSchema = processSchema.extend({ target: z.string(), children: z.array(processSchema) });
type Lock = z.infer<typeof lockSchema>;

/** Start time in clock ticks since boot (proc(5), field 22): tells a process from a later one with the same pid. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined; // no such process
  }
}

const isAlive = (process: z.infer<typeof processSchema>): boolean => startTimeOf(process.pid) === process.startTime;

function read(): Lock | undefined {
  if (!existsSync(lockFile)) return undefined;
  const parsed = lockSchema.safeParse(JSON.parse(readFileSync(lockFile, "utf8")));
  return parsed.success ? parsed.data : undefined;
}

function write(lock: Lock): void {
  const draft = `${lockFile}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(lock), { mode: 0o600 });
  renameSync(draft, lockFile);
}

/** Takes the lock, or throws a UserError that names its holder. A dead holder's children are ended first. */
export async function takeLock(target: string): Promise<void> {
  const mine: Lock = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "", target, children: [] };
  const draft = `${lockFile}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        linkSync(draft, lockFile);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = read();
      if (holder && isAlive(holder)) {
        if (attempt < attempts) {
          await pause(attemptMs);
          continue;
        }
        throw new UserError(`\`make ${holder.target}\` is running already (process ${holder.pid}). Wait for it, or end it: kill ${holder.pid}`);
      }
      for (const child of holder?.children ?? []) endGroup(child);
      rmSync(lockFile, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

export function releaseLock(): void {
  if (read()?.pid === process.pid) rmSync(lockFile, { force: true });
}

/** Remembers a process group of ours, so that the next holder can end it should we be killed. */
export function rememberChild(pid: number): void {
  const lock = read();
  const startTime = startTimeOf(pid);
  if (lock?.pid === process.pid && startTime) write({ ...lock, children: [...lock.children, { pid, startTime }] });
}

export function forgetChild(pid: number): void {
  const lock = read();
  if (lock?.pid === process.pid) write({ ...lock, children: lock.children.filter((child) => child.pid !== pid) });
}

function endGroup(leader: z.infer<typeof processSchema>): void {
  if (!isAlive(leader)) return;
  process.kill(-leader.pid, "SIGKILL");
}
