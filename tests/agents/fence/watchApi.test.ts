import { ApiError } from "../../../agents/api/error.ts";
import { watchApi } from "../../../agents/fence/watchApi.ts";
import { until } from "../support/until.ts";

test("says once that a token is refused, and once that it is taken again; asks nothing before it knows of whom", async () => {
  const said: string[] = [];
  const asked: string[] = [];
  let self: string | null = null;
  let refused = true;
  let looks = 0;
  const stop = new AbortController();
  const watching = watchApi({
    power: {
      isOff: async (machine) => {
        asked.push(machine);
        if (refused) throw new ApiError("403 no", { status: 403 });
        return false;
      },
    },
    self: () => {
      looks += 1;
      return self;
    },
    log: (line) => said.push(line), everyMs: 1,
  }, stop.signal);
  await until("it has looked who it is", () => looks > 3);
  expect(asked).toEqual([]);
  self = "102";
  await until("it has asked several times", () => asked.length > 3);
  refused = false;
  await until("it is taken", () => said.length === 2);
  stop.abort();
  await watching;
  expect(said).toEqual(["no machine could be fenced now, the cloud's API fails: 403 no", "the cloud's API answers"]);
  expect(new Set(asked)).toEqual(new Set(["102"]));
});
