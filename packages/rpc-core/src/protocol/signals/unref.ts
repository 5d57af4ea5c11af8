/** Lets a process end that waits for nothing but this timer. Browsers have no such thing, and need none. */
export function unref(timer: ReturnType<typeof setTimeout>): void {
  const { unref } = timer as unknown as { unref?: () => void }
  unref?.call(timer)
}
