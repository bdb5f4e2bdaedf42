// Every bound of the channel: a constant with its unit. The reasons are in
// protocol/src/channel/limits.rs.

import { PART } from "../limits.ts";

/** Bytes of a clear hello. */
export const MAX_HELLO = 256;
/** Bytes of any message before the device is authenticated, and of any of a pairing. */
export const MAX_EARLY = 4 << 10;
/** Bytes of a whole message to the daemon. */
export const MAX_TO_DAEMON = 64 << 10;
/** Bytes of a text that goes to the daemon as one input: its message, without what is around it. */
export const MAX_TEXT = MAX_TO_DAEMON - 256;
/** Bytes of a whole message to a device. */
export const MAX_TO_DEVICE = 8 << 20;
/** Bytes of the kind in front of a part. */
export const KIND = 2;
/** Bytes that a transport message adds to its part. */
export const TAG = 16;
/** Bytes of a transport message. */
export const MAX_TRANSPORT = PART + KIND + TAG;
/** Messages of one direction after which its key is replaced. */
export const REKEY_AFTER = 1 << 16;
/** Messages of one direction; the last one can only be an end. */
export const MAX_MESSAGES = 2 ** 32;
/** Bytes of a pairing link. */
export const MAX_PAIRING_LINK = 512;
/** Bytes of a host name. */
export const MAX_HOST = 253;
