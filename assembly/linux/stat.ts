// linux/stat.h
export const STATX_TYPE: u32 = 0x00000001;
export const STATX_MTIME: u32 = 0x00000040;
export const STATX_INO: u32 = 0x00000100;
export const S_IFMT: i32 = 0o170000;
export const S_IFREG: i32 = 0o100000;
