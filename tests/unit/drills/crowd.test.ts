import { startCrowd } from "../../drills/crowd/crowd.ts";
import { now } from "../../drills/visitors/clock.ts";
import { startSite } from "./visitors/site.ts";

test("every client is answered, goes on asking, and after an event and a lost connection is answered again by a resumed session", async () => {
  await using site = await startSite();
  const crowd = startCrowd(site.target, 41, 300);
  try {
    await crowd.gathered(15_000);
    expect(site.connections.all).toBe(41);
    const before = now();
    site.server.closeAllConnections();
    crowd.event(100);
    const { firstAnswerAt, lastAnswerAt } = await crowd.answeredAgain(15_000);
    expect(firstAnswerAt).toBeGreaterThan(before);
    expect(lastAnswerAt).toBeGreaterThan(firstAnswerAt);
    expect(site.connections.resumed).toBe(41);
    expect([crowd.sum("connected"), crowd.sum("waiting")]).toEqual([41, 0]);
  } finally {
    await crowd.end();
  }
});

test("clients that get no answer are waited for until they do", async () => {
  await using site = await startSite();
  const crowd = startCrowd(site.target, 10);
  try {
    await crowd.gathered(15_000);
    site.mood = "silent";
    crowd.event(50);
    await expect(crowd.answeredAgain(600)).rejects.toThrow("10 of 10 connected, 10 not answered");
    site.mood = "well";
    await crowd.answeredAgain(15_000);
  } finally {
    await crowd.end();
  }
});
