/** Ethernet frames in hexadecimal, for what no socket of a machine would send. */

export interface FrameOptions {
  sourceMac: string;
  destinationMac: string;
  source: string;
  destination: string;
  /** IP protocol number. */
  protocol: number;
  /** What comes after the IP header. */
  payload: string;
}

export function ipv4Frame(options: FrameOptions): string {
  const length = 20 + options.payload.length / 2;
  const header = `4500${hex(length, 4)}0000400040${hex(options.protocol, 2)}0000${address(options.source)}${address(options.destination)}`;
  const withSum = header.slice(0, 20) + checksum(header) + header.slice(24);
  return pad(mac(options.destinationMac) + mac(options.sourceMac) + "0800" + withSum + options.payload);
}

/** A datagram without a checksum, which UDP allows; the text makes it known again. */
export function udpPayload(port: number, text: string): string {
  const data = Buffer.from(text).toString("hex");
  return `${hex(40000, 4)}${hex(port, 4)}${hex(8 + data.length / 2, 4)}0000${data}`;
}

export function icmpEchoRequest(text: string): string {
  const data = Buffer.from(text).toString("hex");
  const body = `08000000${hex(77, 4)}0001${data}`;
  return body.slice(0, 4) + checksum(body) + body.slice(8);
}

export function arpFrame(options: { operation: 1 | 2; frameMac: string; destinationMac: string; senderMac: string; sender: string; targetMac: string; target: string }): string {
  const body = `000108000604${hex(options.operation, 4)}${mac(options.senderMac)}${address(options.sender)}${mac(options.targetMac)}${address(options.target)}`;
  return pad(mac(options.destinationMac) + mac(options.frameMac) + "0806" + body);
}

export function ipv6Frame(options: { sourceMac: string; destinationMac: string; text: string }): string {
  const payload = udpPayload(9, options.text);
  return pad(`${mac(options.destinationMac)}${mac(options.sourceMac)}86dd60000000${hex(payload.length / 2, 4)}1140${"fe80".padEnd(31, "0")}1${"fe80".padEnd(31, "0")}2${payload}`);
}

export function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

function mac(text: string): string {
  return text.replaceAll(":", "");
}

function address(text: string): string {
  return text.split(".").map((part) => hex(Number(part), 2)).join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Ethernet's shortest frame. */
function pad(frame: string): string {
  return frame.padEnd(120, "0");
}

function checksum(bytes: string): string {
  const padded = bytes.length % 4 === 0 ? bytes : `${bytes}00`;
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4) sum += parseInt(padded.slice(at, at + 4), 16);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return hex(~sum & 0xffff, 4);
}
