/** What may be turned while the cloud runs. */
export interface Settings {
  /** How long an action (power, resize, moving a reserved address) takes before it has its effect. */
  actionSeconds: number;
  requestsPerMinute: number;
  requestsPerHour: number;
}

export const defaultSettings: Settings = { actionSeconds: 0.3, requestsPerMinute: 250, requestsPerHour: 5000 };
