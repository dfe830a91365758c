/** What S3's clients understand: a status and a code they look at, a message for people. */
export class SpacesError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  toXml(requestId: string, region: string): string {
    return [
      `<?xml version="1.0" encoding="UTF-8"?>`,
      `<Error><Code>${escapeXml(this.code)}</Code><Message>${escapeXml(this.message)}</Message>`,
      `<RequestId>${escapeXml(requestId)}</RequestId><HostId>${escapeXml(region)}</HostId></Error>`,
    ].join("\n");
  }
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
