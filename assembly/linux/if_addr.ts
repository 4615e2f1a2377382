// linux/if_addr.h
export const IFA_ADDRESS: i32 = 1;
export const IFA_LOCAL: i32 = 2;
export const IFA_BROADCAST: i32 = 4;
export const IFA_FLAGS: i32 = 8;
export const IFA_F_NODAD: u32 = 0x02;
export const IFA_F_OPTIMISTIC: u32 = 0x04;
export const IFA_F_DADFAILED: u32 = 0x08;
export const IFA_F_TENTATIVE: u32 = 0x40;
