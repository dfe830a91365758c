import { apiDown } from "./apiDown.ts";
import { appHung } from "./appHung.ts";
import { appPower } from "./appPower.ts";
import { backupProof } from "./backupProof.ts";
import { backupTaken } from "./backupTaken.ts";
import { boot } from "./boot.ts";
import { daemonRestart } from "./daemonRestart.ts";
import { dbConfig } from "./dbConfig.ts";
import { dbConnections } from "./dbConnections.ts";
import { dbFrozen, dbHung, dbPostmasterKilled, patroniKilled, patroniPaused } from "./dbFault.ts";
import { dbPartition } from "./dbPartition.ts";
import { dbPower, dbPowerSeries } from "./dbPower.ts";
import { dbSwitchover } from "./dbSwitchover.ts";
import { destroy } from "./destroy.ts";
import { down } from "./down.ts";
import { diskFull } from "./diskFull.ts";
import type { Drill } from "./drill.ts";
import { egressBastionKilled, egressBastionPower } from "./egressBastion.ts";
import { etcdLeaderPower } from "./etcdLeaderPower.ts";
import { fenceMustNot } from "./fenceMustNot.ts";
import { fenceUnconfirmed } from "./fenceUnconfirmed.ts";
import { firewallBasics } from "./firewallBasics.ts";
import { lbCrowd } from "./lbCrowd.ts";
import { lbHaproxyKilled, lbHung } from "./lbHaproxy.ts";
import { lbPartition } from "./lbPartition.ts";
import { lbPower, lbPowerSeries } from "./lbPower.ts";
import { lbStall } from "./lbStall.ts";
import { redisFull } from "./redis/full.ts";
import { redisGrow } from "./redis/grow.ts";
import { redisHandover } from "./redis/handover.ts";
import { redisPartition } from "./redis/partition.ts";
import { redisKilled, redisPower } from "./redis/power.ts";
import { pgbouncerDown } from "./pgbouncerDown.ts";
import { restoreEverything } from "./restoreEverything.ts";
import { s3Down } from "./s3Down.ts";
import { releaseUnnoticed } from "./release.ts";
import { releaseBad } from "./releaseBad.ts";
import { rollingLb } from "./rollingLb.ts";
import { storageDown } from "./storageDown.ts";
import { tamperedArtifact } from "./tamperedArtifact.ts";
import { upKilled } from "./upKilled.ts";

/** They need the visitors' app on the site, which is released once for all that follow each other. */
const withVisitors: Drill[] = [
  lbStall, lbPower, lbHaproxyKilled, lbHung, lbPartition, lbPowerSeries, lbCrowd, rollingLb,
  appPower, appHung, releaseUnnoticed, releaseBad, apiDown, storageDown,
];

/** They need no visitors: their clients are on the app servers. */
const ofDatabase: Drill[] = [
  dbSwitchover, pgbouncerDown, dbConnections, patroniKilled, dbPostmasterKilled, fenceMustNot, etcdLeaderPower, dbPartition, dbPower,
  dbFrozen, dbHung, patroniPaused, fenceUnconfirmed, dbConfig, diskFull, dbPowerSeries,
];

/** They need no visitors: their clients are the app servers. */
const ofRedis: Drill[] = [redisHandover, redisKilled, redisPower, redisPartition, redisFull, redisGrow];

/** They need the object storage and, the last one, time. */
const ofBackups: Drill[] = [backupTaken, s3Down, backupProof, restoreEverything];

/** In the order in which `all` runs them: the harmless first, those that take the stack down last. */
export const drills: Drill[] = [firewallBasics, egressBastionKilled, egressBastionPower, ...ofDatabase, ...ofRedis, ...ofBackups, ...withVisitors, tamperedArtifact, boot, daemonRestart, destroy, down, upKilled];
