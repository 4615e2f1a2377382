// linux/neighbour.h
export const NDA_DST: i32 = 1;
export const NDA_LLADDR: i32 = 2;
export const NDA_IFINDEX: i32 = 8;

export const NUD_PERMANENT: i32 = 0x80;
