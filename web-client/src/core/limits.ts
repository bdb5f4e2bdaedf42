// Every bound of the protocol that a client keeps: a constant with its unit. The reasons are in
// protocol/src/limits.rs.

/** Columns or rows of a session. */
export const MAX_SIDE = 1000;
/** Bytes of a title. */
export const MAX_TITLE = 1024;
/** Bytes of a directory. */
export const MAX_DIRECTORY = 4096;
/** Bytes of a link's URI. */
export const MAX_URI = 2083;
/** Bytes of a link's id. */
export const MAX_LINK_ID = 256;
/** Bytes of one grapheme cluster. */
export const MAX_CLUSTER = 64;
/** Bytes of the different links of one row together. */
export const MAX_ROW_LINKS = 16 << 10;
/** Marks of one row. */
export const MAX_MARKS = 8;
/** Bytes of a name of a device or daemon. */
export const MAX_NAME = 64;
/** Bytes of a web page's origin. */
export const MAX_ORIGIN = 300;
/** Bytes of a name on the wire. */
export const MAX_LINE = 4096;
/** Bytes of a text for people. */
export const MAX_PROSE = 128 << 10;
/** Bytes of one paste. */
export const MAX_PASTE = 1 << 20;
/** Items of one list. */
export const MAX_LIST = 1 << 16;
/** Bytes of the line that a hit quotes. */
export const MAX_HIT_LINE = 4096;
/** Bytes of one part of a message. */
export const PART = 32 << 10;
/** Rows of one history request. */
export const ROWS_PER_REQUEST = 2000;
/** Hits of one search. */
export const SEARCH_HITS = 1000;
