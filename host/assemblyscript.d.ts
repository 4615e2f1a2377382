// The number types of AssemblyScript, as far as assembly/sys/host.ts and assembly/linux/ use them,
// so that TypeScript can read those files.
declare type i32 = number;
declare type u32 = number;
declare type u16 = number;
declare type u8 = number;
declare type usize = number;
