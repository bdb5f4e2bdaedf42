// The screen stays on while a session is watched.

/** Until the returned function is called. A hidden page loses the lock, and asks again when shown. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let over = false;
  const ask = async () => {
    if (over || document.hidden) return;
    // Refused with a low battery, and where there is no such thing.
    const given = await navigator.wakeLock?.request("screen").catch(() => null);
    if (over) void given?.release();
    else lock = given ?? null;
  };
  document.addEventListener("visibilitychange", ask);
  void ask();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}
