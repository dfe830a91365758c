/** In every certificate of a Redis machine: clients reach nodes by addresses, which no certificate can name before there is a machine. */
export const tierName = "redis.quickcart.internal";
