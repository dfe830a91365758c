import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

/** Resolves once the headers are there; the body is the caller's to read. */
export type Fetch = (method: string, url: string, headers: Record<string, string>) => Promise<IncomingMessage>;

const idleLimit = 30_000;
const maxRedirects = 3;

/** @param proxy as apt is set up with; otherwise the environment's */
export function createFetch(proxy: string | null): Fetch {
  const proxyEnv = proxy === null ? process.env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const plain = new HttpAgent({ keepAlive: true, proxyEnv });
  const secure = new HttpsAgent({ keepAlive: true, proxyEnv });

  const ask = (method: string, url: URL, headers: Record<string, string>): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options = { method, headers: { ...headers, "user-agent": "Debian APT-HTTP/1.3 (quickcart)" }, timeout: idleLimit };
      const asked = url.protocol === "https:"
        ? requestHttps(url, { ...options, agent: secure }, resolve)
        : requestHttp(url, { ...options, agent: plain }, resolve);
      asked.on("timeout", () => asked.destroy(new Error(`${url.host} said nothing for ${idleLimit / 1000} s`)));
      asked.on("error", reject);
      asked.end();
    });

  return async (method, text, headers) => {
    let url = new URL(text);
    for (let hops = 0; ; hops++) {
      const answer = await ask(method, url, headers);
      const { location } = answer.headers;
      if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer;
      answer.resume();
      if (hops === maxRedirects) throw new Error(`${text}: more than ${maxRedirects} redirects`);
      url = new URL(location, url);
    }
  };
}
