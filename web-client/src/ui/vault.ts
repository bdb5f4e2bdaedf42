// What this browser keeps of its pairing, in IndexedDB: keys as CryptoKeys that cannot be read out.
//
// Where a browser cannot keep an X25519 key so (Safari, WebKitGTK), it is kept sealed by a key that
// it can keep. Script of this origin could undo that; nothing else on the machine's disk can.

import { agree, type Bytes, type KeyPair } from "../core/channel/keys.ts";
import type { Role } from "../core/channel/pairing.ts";

/** A paired browser. */
export interface Device {
  readonly daemon: Bytes;
  /** What the daemon calls itself. */
  readonly daemonName: string;
  readonly device: string;
  readonly name: string;
  readonly role: Role;
  readonly expires: number | null;
  readonly own: KeyPair;
  readonly psk: CryptoKey;
  /** The daemon has said that it knows the device. */
  readonly sure: boolean;
}

interface Sealed {
  readonly key: CryptoKey;
  readonly iv: Bytes;
  readonly bytes: ArrayBuffer;
}

type Kept = Omit<Device, "own"> & {
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey | Sealed;
};

const DATABASE = "abide";
const STORE = "device";
const KEY = "this";

export async function load(): Promise<Device | null> {
  const kept = await transact<Kept | undefined>("readonly", (store) => store.get(KEY));
  if (kept === undefined) return null;
  const { privateKey: stored, publicKey, ...rest } = kept;
  const privateKey = stored instanceof CryptoKey ? stored : await unseal(stored);
  return { ...rest, own: { privateKey, publicKey } };
}

export async function forget(): Promise<void> {
  await transact("readwrite", (store) => store.delete(KEY));
}

/**
 * Keeps the device and reads it back. `false`: it lives no longer than this page. `extractable` is
 * the private key as it was made, for browsers that cannot keep one that is not.
 */
export async function keep(device: Device, extractable: CryptoKey): Promise<boolean> {
  if (await kept(device, device.own.privateKey)) return true;
  try {
    return await kept(device, await seal(extractable));
  } catch {
    return false;
  }
}

async function kept(device: Device, privateKey: CryptoKey | Sealed): Promise<boolean> {
  const { own, ...rest } = device;
  const record: Kept = { ...rest, publicKey: own.publicKey, privateKey };
  try {
    await transact("readwrite", (store) => store.put(record, KEY));
    const found = await load();
    if (found === null) return false;
    const [a, b] = [
      await agree(found.own.privateKey, device.daemon),
      await agree(own.privateKey, device.daemon),
    ];
    return a.every((byte, n) => byte === b[n]);
  } catch {
    return false;
  }
}

async function seal(privateKey: CryptoKey): Promise<Sealed> {
  const algorithm = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.generateKey(algorithm, false, ["wrapKey", "unwrapKey"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = await crypto.subtle.wrapKey("pkcs8", privateKey, key, { name: "AES-GCM", iv });
  return { key, iv, bytes };
}

function unseal({ key, iv, bytes }: Sealed): Promise<CryptoKey> {
  const algorithm = { name: "AES-GCM", iv };
  return crypto.subtle.unwrapKey("pkcs8", bytes, key, algorithm, { name: "X25519" }, false, [
    "deriveBits",
  ]);
}

async function transact<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
