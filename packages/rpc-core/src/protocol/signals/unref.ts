/** Lets the process end while only this timer is pending. Does nothing in browsers. */
export function unref(timer: ReturnType<typeof setTimeout>): void {
  const { unref } = timer as unknown as { unref?: () => void }
  unref?.call(timer)
}
