import { readTools } from "../toolchain/manifest.ts";

/** The S3 server, as `make tools` obtained it; QUICKCART_VERSITYGW names another. */
export function findVersitygw(): string {
  return process.env["QUICKCART_VERSITYGW"] ?? readTools().versitygw;
}
