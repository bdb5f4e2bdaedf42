// Ordered binary messages to the daemon.

import type { Bytes } from "./channel/keys.ts";

/** The subprotocol of pages. */
const SUBPROTOCOL = "abide.web.1";
/** The route of the WebSocket, on the page's own host. */
const ROUTE = "/ws";
/** The WebSocket's normal end. */
const LEAVES = 1000;

export interface Carrier {
  send(message: Bytes): void;
  /** Gives the link up; `leaves`: for good, which is said to the daemon. */
  close(leaves?: boolean): void;
}

export interface CarrierEvents {
  opened(): void;
  message(message: Bytes): void;
  /** Once, and nothing after it. `code` is the WebSocket's. */
  closed(code: number): void;
}

export type Dial = (events: CarrierEvents) => Carrier;

/** A WebSocket to the host that the page came from; `origin` is the page's. */
export function webSocket(origin: string): Dial {
  return (events) => {
    const socket = new WebSocket(origin.replace(/^http/, "ws") + ROUTE, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    let over = false;
    const end = (code: number) => {
      if (!over) events.closed(code);
      over = true;
    };
    socket.onopen = () => !over && events.opened();
    socket.onmessage = ({ data }) => {
      if (over) return;
      if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
      else socket.close();
    };
    socket.onclose = ({ code }) => end(code);
    return {
      send: (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(message);
      },
      close: (leaves = false) => {
        // Only a close with a code says that nobody comes back.
        if (leaves) socket.close(LEAVES);
        else socket.close();
        end(LEAVES);
      },
    };
  };
}
