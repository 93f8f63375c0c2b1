#include <nifti/nifti1.h>

typedef struct {
  double m[4][4];
} nifti_dmat44;

void swap_nifti_header(void *header, int version);
nifti_dmat44 nifti_dmat44_inverse(nifti_dmat44 matrix);
nifti_dmat44 nifti_dmat44_mul(nifti_dmat44 a, nifti_dmat44 b);
nifti_dmat44 nifti_quatern_to_dmat44(double b, double c, double d, double x, double y, double z, double dx, double dy,
                                     double dz, double qfac);
void nifti_dmat44_to_quatern(nifti_dmat44 matrix, double *b, double *c, double *d, double *x, double *y, double *z,
                             double *dx, double *dy, double *dz, double *qfac);
