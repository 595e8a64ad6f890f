// A library without kernels, refused by kernels.c.
int no_kernels(void);
int no_kernels(void)
{
    return 1;
}
