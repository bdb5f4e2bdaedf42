// Two fingers on a terminal set its font size.

/** `set` is told sizes in half pixels. Until the returned function is called. */
export function pinchSize(
  element: HTMLElement,
  size: () => number,
  set: (size: number) => void,
): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const fingers = new Map<number, { x: number; y: number }>();
  let start: { distance: number; size: number } | null = null;

  const place = ({ pointerId, clientX, clientY }: PointerEvent) =>
    fingers.set(pointerId, { x: clientX, y: clientY });
  const distance = () => {
    const [a, b] = [...fingers.values()];
    return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
  };
  const down = (event: PointerEvent) => {
    if (event.pointerType !== "touch") return;
    place(event);
    start = fingers.size === 2 ? { distance: distance(), size: size() } : null;
  };
  const move = (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    place(event);
    if (start === null || start.distance === 0) return;
    set(Math.round((2 * start.size * distance()) / start.distance) / 2);
  };
  const up = ({ pointerId }: PointerEvent) => {
    fingers.delete(pointerId);
    start = null;
  };
  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  for (const type of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(type, up, { signal });
  }
  return () => abort.abort();
}
