export { CategoriesPage as default } from '@/admin/categories/categories-page';
