import { z } from "zod";
import { readTextIfThere, writeFileAtomic } from "../files.ts";
import { type MachineSpec } from "../datacenter.ts";

const nic = { mac: z.string(), address: z.string() };

const spec = z.strictObject({
  id: z.number().int().positive(),
  name: z.string(),
  region: z.string(),
  image: z.string(),
  vcpus: z.number().positive(),
  memoryMiB: z.number().positive(),
  diskGiB: z.number().positive(),
  userData: z.string().nullable(),
  sshKeys: z.array(z.string()),
  nics: z.strictObject({
    public: z.strictObject({ ...nic, anchorAddress: z.string() }).nullable(),
    private: z.strictObject({ ...nic, vpcId: z.string(), prefix: z.number().int() }),
  }),
}) satisfies z.ZodType<MachineSpec>;

const schema = z.strictObject({
  machine: spec,
  /** Folders of the image it was made from: it keeps them when a newer image is baked. */
  layers: z.array(z.string()),
  /** What it is to be after the host or the daemon was away. A machine that lost its power stays off until it is switched on. */
  power: z.enum(["on", "off"]),
});

/** Its being there says that the disk is laid out. */
export type MachineRecord = z.infer<typeof schema>;

export async function readRecord(path: string): Promise<MachineRecord | null> {
  const text = await readTextIfThere(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is not a machine's record: ${String(error)}`);
  }
}

export async function writeRecord(path: string, record: MachineRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}
