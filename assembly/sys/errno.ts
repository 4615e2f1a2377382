import * as E from "../linux/errno";

class ErrnoText {
  constructor(
    public number: i32,
    public name: string,
    public text: string,
  ) {}
}

/** Names of errno(3) and the texts of strerror(3), for the errors that the imports can give. */
const TABLE: ErrnoText[] = [
  new ErrnoText(E.EPERM, "EPERM", "Operation not permitted"),
  new ErrnoText(E.ENOENT, "ENOENT", "No such file or directory"),
  new ErrnoText(E.ESRCH, "ESRCH", "No such process"),
  new ErrnoText(E.EINTR, "EINTR", "Interrupted system call"),
  new ErrnoText(E.EIO, "EIO", "Input/output error"),
  new ErrnoText(E.ENXIO, "ENXIO", "No such device or address"),
  new ErrnoText(E.E2BIG, "E2BIG", "Argument list too long"),
  new ErrnoText(E.ENOEXEC, "ENOEXEC", "Exec format error"),
  new ErrnoText(E.EBADF, "EBADF", "Bad file descriptor"),
  new ErrnoText(E.EAGAIN, "EAGAIN", "Resource temporarily unavailable"),
  new ErrnoText(E.ENOMEM, "ENOMEM", "Cannot allocate memory"),
  new ErrnoText(E.EACCES, "EACCES", "Permission denied"),
  new ErrnoText(E.EFAULT, "EFAULT", "Bad address"),
  new ErrnoText(E.EBUSY, "EBUSY", "Device or resource busy"),
  new ErrnoText(E.EEXIST, "EEXIST", "File exists"),
  new ErrnoText(E.EXDEV, "EXDEV", "Invalid cross-device link"),
  new ErrnoText(E.ENODEV, "ENODEV", "No such device"),
  new ErrnoText(E.ENOTDIR, "ENOTDIR", "Not a directory"),
  new ErrnoText(E.EISDIR, "EISDIR", "Is a directory"),
  new ErrnoText(E.EINVAL, "EINVAL", "Invalid argument"),
  new ErrnoText(E.ENFILE, "ENFILE", "Too many open files in system"),
  new ErrnoText(E.EMFILE, "EMFILE", "Too many open files"),
  new ErrnoText(E.ENOTTY, "ENOTTY", "Inappropriate ioctl for device"),
  new ErrnoText(E.ETXTBSY, "ETXTBSY", "Text file busy"),
  new ErrnoText(E.EFBIG, "EFBIG", "File too large"),
  new ErrnoText(E.ENOSPC, "ENOSPC", "No space left on device"),
  new ErrnoText(E.EROFS, "EROFS", "Read-only file system"),
  new ErrnoText(E.EPIPE, "EPIPE", "Broken pipe"),
  new ErrnoText(E.ERANGE, "ERANGE", "Numerical result out of range"),
  new ErrnoText(E.ENAMETOOLONG, "ENAMETOOLONG", "File name too long"),
  new ErrnoText(E.ENOLCK, "ENOLCK", "No locks available"),
  new ErrnoText(E.ENOSYS, "ENOSYS", "Function not implemented"),
  new ErrnoText(E.ELOOP, "ELOOP", "Too many levels of symbolic links"),
  new ErrnoText(E.EOVERFLOW, "EOVERFLOW", "Value too large for defined data type"),
  new ErrnoText(E.EMSGSIZE, "EMSGSIZE", "Message too long"),
  new ErrnoText(E.EPROTONOSUPPORT, "EPROTONOSUPPORT", "Protocol not supported"),
  new ErrnoText(E.EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"),
  new ErrnoText(E.EAFNOSUPPORT, "EAFNOSUPPORT", "Address family not supported by protocol"),
  new ErrnoText(E.EADDRINUSE, "EADDRINUSE", "Address already in use"),
  new ErrnoText(E.EADDRNOTAVAIL, "EADDRNOTAVAIL", "Cannot assign requested address"),
  new ErrnoText(E.ENETDOWN, "ENETDOWN", "Network is down"),
  new ErrnoText(E.ENETUNREACH, "ENETUNREACH", "Network is unreachable"),
  new ErrnoText(E.ENOBUFS, "ENOBUFS", "No buffer space available"),
  new ErrnoText(E.ENOTCONN, "ENOTCONN", "Transport endpoint is not connected"),
  new ErrnoText(E.ETIMEDOUT, "ETIMEDOUT", "Connection timed out"),
  new ErrnoText(E.EHOSTUNREACH, "EHOSTUNREACH", "No route to host"),
];

/**
 * An error number as people look it up: `EBUSY (Device or resource busy)`.
 *
 * @param errno positive or negative.
 */
export function errnoText(errno: i32): string {
  const number = abs(errno);
  for (let i = 0; i < TABLE.length; i++) {
    const entry = TABLE[i];
    if (entry.number == number) return `${entry.name} (${entry.text})`;
  }
  return `errno ${number.toString()}`;
}

/** True for an error that the same call may not give a moment later: CNI code 11, try again. */
export function isTransient(errno: i32): bool {
  const number = abs(errno);
  return (
    number == E.EAGAIN ||
    number == E.EINTR ||
    number == E.ENOBUFS ||
    number == E.ENOMEM ||
    number == E.ENFILE ||
    number == E.EMFILE
  );
}
