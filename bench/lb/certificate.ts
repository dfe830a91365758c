import { z } from "zod";
import { on } from "./machine.ts";

const blocksSchema = z.tuple([z.string(), z.string()]);

/** PEM, ECDSA P-256 as the stack's own authority would issue it, but signed by itself. */
export async function makeCertificate(hostName: string): Promise<{ certificate: string; certificateKey: string }> {
  const text = await on([
    "openssl", "req", "-quiet", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2",
    "-subj", `/CN=${hostName}`, "-addext", `subjectAltName=DNS:${hostName}`, "-keyout", "-",
  ]);
  const blocks = text.match(/-----BEGIN [A-Z ]+-----\n[^-]+-----END [A-Z ]+-----\n/g) ?? [];
  const [certificateKey, certificate] = blocksSchema.parse(blocks.toSorted((one) => one.includes("KEY") ? -1 : 1));
  return { certificate, certificateKey };
}

/** Three, as the load balancer's agent writes them. */
export async function makeTicketKeys(): Promise<string> {
  return await on(["sh", "-c", "for key in 1 2 3; do openssl rand -base64 80 | tr -d '\\n'; echo; done"]);
}
